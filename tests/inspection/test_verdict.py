"""What findings make of a frame."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.defect import Finding, Kind, Severity
from inspection.errors import RecipeError
from inspection.geometry import Box
from inspection.verdict import KindRule, Limit, Verdict, VerdictSettings, judge, severity_by_extent

M2 = 1e6
DEFAULT = VerdictSettings()


def finding(kind=Kind.PINHOLE, probability=0.99, **measures):
    told = {"length_mm": 0.2, "width_mm": 0.1, "area_mm2": 0.01} | measures
    return Finding(kind, probability, 1, Box(0, 0, 4, 4), 0, 0, contrast_sigma=9.0, **told)


findings = st.lists(st.builds(finding, st.sampled_from(Kind), st.floats(0, 1), area_mm2=st.floats(0, 50)), max_size=6)


def test_a_frame_without_findings_passes() -> None:
    judgement = judge((), (), M2, DEFAULT)
    assert judgement.verdict is Verdict.PASS
    assert judgement.reasons == judgement.defects == judgement.events == ()


@given(findings)
def test_one_reason_to_hold_outweighs_every_defect(found) -> None:
    judgement = judge(found, ("too dark",), M2, DEFAULT)
    assert judgement.verdict is Verdict.HOLD
    assert judgement.reasons[0] == "too dark"
    assert len(judgement.defects) + len(judgement.events) == len(found)


@given(findings, findings)
def test_more_findings_never_make_a_better_verdict(some, more) -> None:
    order = list(Verdict)
    verdicts = [judge(found, (), M2, DEFAULT).verdict for found in (some, [*some, *more])]
    assert order.index(verdicts[0]) <= order.index(verdicts[1])


@given(findings)
def test_a_frame_passes_only_without_defects_by_default(found) -> None:
    judgement = judge(found, (), M2, DEFAULT)
    nothing_seen = not judgement.defects and not judgement.events
    assert (judgement.verdict is Verdict.PASS) == nothing_seen
    assert bool(judgement.reasons) == (not nothing_seen)


@pytest.mark.parametrize(
    ("score", "above", "review"), [(9.0, None, False), (9.0, 5.0, True), (4.0, 5.0, False), (None, 5.0, False)]
)
def test_what_is_very_unlike_the_product_is_reviewed_when_the_recipe_says_so(score, above, review) -> None:
    strange = replace(finding(), unlike_product=score)
    judgement = judge((strange,), (), M2, replace(DEFAULT, review_unlike_above=above))
    assert judgement.defects[0].needs_review is review
    assert judgement.verdict is judge((finding(),), (), M2, DEFAULT).verdict


@pytest.mark.parametrize(
    ("severity", "verdict"),
    [("minor", Verdict.WARN), ("major", Verdict.REJECT), ("critical", Verdict.REJECT)],
)
def test_severity_decides_the_verdict(severity, verdict) -> None:
    settings = VerdictSettings(kinds={Kind.STAIN: KindRule(Severity(severity))})
    assert judge([finding(Kind.STAIN)], (), M2, settings).verdict is verdict


@pytest.mark.parametrize(
    ("kind", "measures", "severity", "reason"),
    [
        (Kind.BARE_SPOT, {"area_mm2": 2.3}, Severity.CRITICAL, "bare_spot 2.3 mm2 > 0.5 mm2"),
        (Kind.BARE_SPOT, {"area_mm2": 0.5}, Severity.MAJOR, "bare_spot 0.5 mm2"),
        (Kind.STREAK, {"length_mm": 1200.0}, Severity.CRITICAL, "streak 1200 mm long > 1000 mm long"),
        (Kind.PINHOLE, {}, Severity.MINOR, "pinhole 0.01 mm2"),
        (Kind.METALLIC_PARTICLE, {}, Severity.CRITICAL, "metallic_particle 0.01 mm2"),
    ],
)
def test_limits_raise_the_severity_and_are_named_as_the_reason(kind, measures, severity, reason) -> None:
    judgement = judge([finding(kind, **measures)], (), M2, DEFAULT)
    assert judgement.defects[0].severity is severity
    assert judgement.reasons == (reason,)


@pytest.mark.parametrize("measure", ["area_mm2", "length_mm", "width_mm"])
@given(value=st.floats(0, 1e4), above=st.floats(0, 1e4))
def test_a_limit_holds_only_above_itself(measure, value, above) -> None:
    rule = KindRule(Severity.MINOR, (Limit(measure, above, Severity.CRITICAL),))
    settings = VerdictSettings(kinds={Kind.CRACK: rule})
    (defect,) = judge([finding(Kind.CRACK, **{measure: value})], (), M2, settings).defects
    assert (defect.severity is Severity.CRITICAL) == (value > above)


def test_the_worst_of_several_limits_counts_whatever_their_order() -> None:
    limits = Limit("area_mm2", 5, Severity.CRITICAL), Limit("area_mm2", 1, Severity.MAJOR)
    for order in (limits, limits[::-1]):
        settings = VerdictSettings(kinds={Kind.STAIN: KindRule(Severity.MINOR, order)})
        severities = [
            judge([finding(Kind.STAIN, area_mm2=area)], (), M2, settings).defects[0].severity for area in (0.5, 3, 9)
        ]
        assert severities == [Severity.MINOR, Severity.MAJOR, Severity.CRITICAL]


def test_a_limit_never_makes_a_defect_less_severe() -> None:
    rule = KindRule(Severity.CRITICAL, (Limit("area_mm2", 0, Severity.MINOR),))
    settings = VerdictSettings(kinds={Kind.CRACK: rule})
    assert judge([finding(Kind.CRACK)], (), M2, settings).defects[0].severity is Severity.CRITICAL


@pytest.mark.parametrize(("count", "severity"), [(20, Severity.MINOR), (21, Severity.MAJOR)])
def test_density_counts_a_kind_over_the_area_of_the_frame(count, severity) -> None:
    found = [finding() for _ in range(count)] + [finding(Kind.CRACK)]
    judgement = judge(found, (), M2 / 100, DEFAULT)
    assert {defect.severity for defect in judgement.defects[:-1]} == {severity}
    if severity is Severity.MAJOR:
        assert "pinhole 2100 per m2 > 2000 per m2" in judgement.reasons


def test_reasons_stand_worst_first_and_critical_before_major() -> None:
    found = [finding(Kind.STAIN), finding(Kind.CRACK), finding(Kind.METALLIC_PARTICLE), finding(Kind.PINHOLE)]
    kinds = [reason.split()[0] for reason in judge(found, ("dark",), M2, DEFAULT).reasons]
    assert kinds == ["dark", "metallic_particle", "crack", "stain", "pinhole"]


def test_defects_stay_in_the_order_of_their_findings() -> None:
    found = [finding(Kind.STAIN), finding(Kind.SPLICE), finding(Kind.METALLIC_PARTICLE)]
    judgement = judge(found, (), M2, DEFAULT)
    assert [defect.finding.kind for defect in judgement.defects] == [Kind.STAIN, Kind.METALLIC_PARTICLE]


def test_a_splice_is_an_event_and_no_defect_but_hides_web_that_was_not_inspected() -> None:
    judgement = judge([finding(Kind.SPLICE)], (), M2, DEFAULT)
    assert judgement.verdict is Verdict.WARN
    assert [event.kind for event in judgement.events] == [Kind.SPLICE]
    assert judgement.defects == ()


@pytest.mark.parametrize("severity", list(Severity))
def test_unknown_is_never_better_than_warn(severity) -> None:
    lenient = VerdictSettings(
        kinds={Kind.UNKNOWN: KindRule(severity)},
        minor=Verdict.PASS,
        major=Verdict.PASS,
        critical=Verdict.PASS,
    )
    judgement = judge([finding(Kind.UNKNOWN)], (), M2, lenient)
    assert judgement.verdict is Verdict.WARN
    assert judgement.reasons
    assert judgement.defects[0].needs_review


def test_what_a_recipe_lets_pass_gives_no_reason() -> None:
    lenient = replace(DEFAULT, minor=Verdict.PASS)
    judgement = judge([finding(Kind.STAIN)], (), M2, lenient)
    assert judgement.verdict is Verdict.PASS
    assert judgement.reasons == ()
    assert len(judgement.defects) == 1


@pytest.mark.parametrize(
    ("kind", "probability", "review"),
    [
        (Kind.STAIN, 0.8, False),
        (Kind.STAIN, 0.79, True),
        (Kind.UNKNOWN, 1.0, True),
        (Kind.METALLIC_PARTICLE, 1.0, True),
    ],
)
def test_doubtful_unknown_and_critical_ones_need_review(kind, probability, review) -> None:
    (defect,) = judge([finding(kind, probability)], (), M2, DEFAULT).defects
    assert defect.needs_review is review


def test_every_kind_has_a_rule() -> None:
    for kind in set(Kind) - {Kind.SPLICE}:
        assert isinstance(DEFAULT.rule(kind), KindRule)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Limit("area_mm2", -1, Severity.MINOR),
        lambda: Limit("area_mm2", float("nan"), Severity.MINOR),
        lambda: Limit("area_mm2", float("inf"), Severity.MINOR),
        lambda: VerdictSettings(minor=Verdict.HOLD),
        lambda: VerdictSettings(review_below=1.01),
        lambda: VerdictSettings(review_below=float("nan")),
    ],
)
def test_limits_that_could_never_be_judged_by_are_refused(make) -> None:
    with pytest.raises(RecipeError, match="expected"):
        make()


def test_a_whole_defect_is_as_bad_as_its_extent_makes_it() -> None:
    long, short = ({"length_mm": length_mm, "area_mm2": 9.0} for length_mm in (1000.5, 1000.0))
    assert severity_by_extent(Kind.STREAK, long, VerdictSettings()) is Severity.CRITICAL
    assert severity_by_extent(Kind.STREAK, short, VerdictSettings()) is Severity.MAJOR
    assert severity_by_extent(Kind.PINHOLE, {"area_mm2": 9.0}, VerdictSettings()) is Severity.MINOR
