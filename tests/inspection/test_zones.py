"""Where across the web a finding lies, and what limits of a zone make of it."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.defect import Finding, Kind, Severity
from inspection.geometry import Box, View
from inspection.limits import KindRule, Limit
from inspection.verdict import VerdictSettings, judge
from inspection.zones import Across, Zone

VIEW = View(0.0, 200.0)
FRAME_MM2 = 200.0 * 50.0


@dataclass(frozen=True)
class Strip:
    left_mm: float
    right_mm: float


ONE = Across(VIEW, (Strip(20.0, 180.0),))


def at(cross_mm: float, *, lane: int | None = 1, width_mm: float = 0.2) -> Finding:
    return Finding(Kind.STAIN, 0.99, lane, Box(0, 0, 4, 4), 0, cross_mm, 0.2, width_mm, 0.04, 9.0)


def settings(*limits: Limit) -> VerdictSettings:
    return VerdictSettings({Kind.STAIN: KindRule(Severity.MINOR, limits)}, edge_zone_mm=5.0)


@pytest.mark.parametrize(
    ("cross_mm", "zone"),
    [(20.5, Zone.EDGE), (25.0, Zone.EDGE), (25.2, Zone.INNER), (100, Zone.INNER), (174.9, Zone.EDGE), (179, Zone.EDGE)],
)
def test_what_reaches_into_the_edge_zone_lies_in_it(cross_mm: float, zone: Zone) -> None:
    assert ONE.zone_of(at(cross_mm), 5.0) is zone


def test_a_wide_thing_lies_at_the_edge_that_it_reaches() -> None:
    assert ONE.zone_of(at(60.0, width_mm=80.0), 5.0) is Zone.EDGE


def test_what_lies_in_no_lane_lies_on_the_foil() -> None:
    assert ONE.zone_of(at(10.0, lane=None), 5.0) is Zone.FOIL


def test_a_lane_that_leaves_the_frame_has_no_edge_there() -> None:
    across = Across(VIEW, (Strip(20.0, 200.0),))
    assert across.zone_of(at(199.0), 5.0) is Zone.INNER
    assert across.share(Zone.EDGE, 5.0) == pytest.approx(5 / 200)


def test_zones_share_the_frame_between_them() -> None:
    across = Across(VIEW, (Strip(20.0, 90.0), Strip(100.0, 104.0)))
    shares = [across.share(zone, 5.0) for zone in Zone]
    assert shares == pytest.approx([(10 + 4) / 200, 60 / 200, (200 - 74) / 200])


@given(st.lists(st.floats(0, 200), min_size=2, max_size=6).map(sorted), st.floats(0.1, 300))
def test_the_shares_of_all_zones_make_one(edges: list[float], edge_zone_mm: float) -> None:
    lanes = [Strip(*pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    shares = [Across(VIEW, lanes).share(zone, edge_zone_mm) for zone in Zone]
    assert sum(shares) == pytest.approx(1)
    assert min(shares) >= -1e-9


@pytest.mark.parametrize(
    ("zone", "severities"),
    [
        (Zone.EDGE, ["major", "minor", "minor"]),
        (Zone.INNER, ["minor", "major", "minor"]),
        (Zone.FOIL, ["minor", "minor", "major"]),
        (None, ["major"] * 3),
    ],
)
def test_a_limit_of_a_zone_holds_there_alone(zone: Zone | None, severities: list[str]) -> None:
    found = [at(21.0), at(100.0), at(5.0, lane=None)]
    judgement = judge(found, (), FRAME_MM2, settings(Limit("area_mm2", 0.01, Severity.MAJOR, zone)), ONE)
    assert [defect.severity for defect in judgement.defects] == severities


def test_the_reason_names_the_zone() -> None:
    limit = Limit("area_mm2", 0.01, Severity.MAJOR, Zone.EDGE)
    assert judge([at(21.0)], (), FRAME_MM2, settings(limit), ONE).reasons == ("stain 0.04 mm2 > 0.01 mm2 at the edge",)


def test_density_in_a_zone_counts_what_lies_there_over_the_area_of_the_zone() -> None:
    found = [at(21.0), at(22.0), at(100.0), at(120.0)]
    edge_mm2 = 10.0 * 50.0
    for above, severity in ((2e6 / edge_mm2 * 1.001, Severity.MINOR), (2e6 / edge_mm2 * 0.999, Severity.MAJOR)):
        limit = Limit("per_m2", above, Severity.MAJOR, Zone.EDGE)
        judged = judge(found, (), FRAME_MM2, settings(limit), ONE).defects
        assert [defect.severity for defect in judged] == [severity, severity, Severity.MINOR, Severity.MINOR]


def test_where_nobody_knows_the_lanes_a_limit_of_a_zone_holds_everywhere() -> None:
    limit = Limit("area_mm2", 0.01, Severity.MAJOR, Zone.EDGE)
    (defect,) = judge([at(100.0)], (), FRAME_MM2, settings(limit)).defects
    assert defect.severity is Severity.MAJOR


@given(st.floats(20, 180), st.integers(-4, 4))
def test_lanes_read_back_from_a_record_give_the_same_zone(edge_mm: float, steps: int) -> None:
    lane = Strip(edge_mm, 180.0)
    told = replace(lane, left_mm=round(edge_mm, 3))
    finding = at(min(edge_mm + 5.1 + steps * 1e-4, 179))
    assert Across(VIEW, (lane,)).zone_of(finding, 5.0) is Across(VIEW, (told,)).zone_of(finding, 5.0)
