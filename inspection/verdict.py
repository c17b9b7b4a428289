"""Judging: findings and the recipe's limits in, severities, a verdict and its reasons out.

Nothing that could not be inspected passes: one reason to hold outweighs every defect,
because a frame that was not seen properly cannot be judged by what was seen in it.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, TypeAlias

from annotated_types import Interval, doc

from inspection.defect import EVENT_KINDS, Defect, Finding, Kind, Severity
from inspection.errors import RecipeError
from inspection.limits import KindRule, Limit, Measure, default_rules, number, rank
from inspection.zones import Across, Zone


class Verdict(StrEnum):
    """The answer for one frame. `hold`: received but could not be judged."""

    PASS = "pass"
    WARN = "warn"
    REJECT = "reject"
    HOLD = "hold"


Judged: TypeAlias = Annotated[Verdict, doc("pass, warn or reject")]

_VERDICTS = (Verdict.PASS, Verdict.WARN, Verdict.REJECT)


@dataclass(frozen=True)
class VerdictSettings:
    """A product's limits.

    Attributes
    ----------
    kinds : mapping of Kind to KindRule
        Kinds left out keep their default rule.
    edge_zone_mm : float
        How far from a lane's edge the zone `edge` reaches into the lane.
    minor, major, critical : Verdict
        What a defect of that severity makes of the frame.
    review_below : float
        Names less probable than this are marked for review; from 0 to 1.
    review_unlike_above : float, optional
        What is further than this from clean web of the product, in the unit of `Finding.unlike_product`, is marked
        for review whatever its name; by default nothing is.
    largest_hidden_share : float
        Share of the frame that may lie under events, as under the tape of a splice; beyond it too
        little was seen to judge.

    Raises
    ------
    RecipeError
        `hold` for a severity, which means that nothing could be judged; or a `review_below` outside 0 to 1.
    """

    kinds: Mapping[Kind, KindRule] = field(default_factory=default_rules)
    edge_zone_mm: Annotated[float, Interval(gt=0, le=1000)] = 5.0
    minor: Judged = Verdict.WARN
    major: Judged = Verdict.REJECT
    critical: Judged = Verdict.REJECT
    review_below: float = 0.8
    review_unlike_above: Annotated[float, Interval(ge=0)] | None = None
    largest_hidden_share: Annotated[float, Interval(ge=0, le=1)] = 0.5

    def __post_init__(self) -> None:
        # Two recipes of the same rules are equal, whichever of the two leaves some of them out.
        object.__setattr__(self, "kinds", default_rules() | dict(self.kinds))
        for severity in Severity:
            if (verdict := getattr(self, severity.value)) not in _VERDICTS:
                raise RecipeError(f"expected pass, warn or reject for {severity}, got {verdict}: choose one")
        if not 0 <= self.review_below <= 1:
            raise RecipeError(f"expected review_below from 0 to 1, got {self.review_below}: give a probability")

    def rule(self, kind: Kind) -> KindRule:
        """The rule for a kind: the product's own, else the default."""
        return self.kinds[kind]

    def harm(self, kind: Kind) -> int:
        """Rank of a kind's usual severity, from 0; an event harms nothing."""
        return -1 if kind in EVENT_KINDS else rank(self.rule(kind).severity)

    def verdict_of(self, defect: Defect) -> Verdict:
        """What one defect makes of its frame; `unknown` is never better than warn."""
        by_severity = self._by_severity[defect.severity]
        return _worse(by_severity, Verdict.WARN) if defect.finding.kind is Kind.UNKNOWN else by_severity

    @cached_property
    def _by_severity(self) -> Mapping[Severity, Verdict]:
        return {severity: Verdict(getattr(self, severity.value)) for severity in Severity}


@dataclass(frozen=True)
class Judgement:
    """A frame's verdict and what it rests on."""

    verdict: Verdict
    reasons: tuple[str, ...]
    defects: tuple[Defect, ...]
    events: tuple[Finding, ...]


def judge(
    findings: Sequence[Finding],
    holds: Sequence[str],
    frame_area_mm2: float,
    settings: VerdictSettings,
    across: Across | None = None,
) -> Judgement:
    """Judge one frame.

    Parameters
    ----------
    findings : sequence of Finding
        What was found and named.
    holds : sequence of str
        Why the frame could not be judged; empty when it could.
    frame_area_mm2 : float
        Web area in the frame, for densities.
    settings : VerdictSettings
        The product's limits.
    across : Across, optional
        Where the frame's lanes lie, for limits of a zone; where nobody knows, each of them holds everywhere.

    Returns
    -------
    Judgement
        Reasons stand worst first: holds, then those of reject, then of warn.
    """
    events = tuple(finding for finding in findings if finding.kind in EVENT_KINDS)
    crowd = _Crowd(findings, frame_area_mm2, across, settings.edge_zone_mm)
    judged = [_judge_one(finding, crowd, settings) for finding in findings if finding.kind not in EVENT_KINDS]
    defects = tuple(defect for defect, _ in judged)
    hidden = sum(event.area_mm2 for event in events) / frame_area_mm2
    if hidden > settings.largest_hidden_share:
        holds = (*holds, f"hidden: {hidden:.0%} of the frame lies under {events[0].kind}")
    seen = tuple(f"{event.kind}: the web under it was not inspected" for event in events)
    least = Verdict.WARN if events else Verdict.PASS
    verdict = Verdict.HOLD if holds else _worst([least, *map(settings.verdict_of, defects)])
    return Judgement(verdict, (*holds, *_reasons(judged, settings), *seen), defects, events)


@dataclass(frozen=True)
class _Crowd:
    """All findings of a frame: how many there are of a kind, and in which zones."""

    findings: Sequence[Finding]
    frame_area_mm2: float
    across: Across | None
    edge_zone_mm: float

    def lies_in(self, finding: Finding, zone: Zone | None) -> bool:
        """Whether a finding lies in a zone; where nobody knows, it does."""
        return zone is None or self.across is None or self.across.zone_of(finding, self.edge_zone_mm) is zone

    def per_m2(self, kind: Kind, zone: Zone | None) -> float:
        """How many of a kind there are in a zone for its area; infinitely many where it has none."""
        if zone is None or self.across is None:
            return self._counts[kind] * 1e6 / self.frame_area_mm2
        area_mm2 = self.frame_area_mm2 * self.across.share(zone, self.edge_zone_mm)
        return self._counts_by_zone[kind, zone] * 1e6 / area_mm2 if area_mm2 > 0 else math.inf

    @cached_property
    def _counts(self) -> Counter[Kind]:
        return Counter(finding.kind for finding in self.findings)

    @cached_property
    def _counts_by_zone(self) -> Counter[tuple[Kind, Zone | None]]:
        across, edge_mm = self.across, self.edge_zone_mm
        if across is None:
            return Counter()
        return Counter((finding.kind, across.zone_of(finding, edge_mm)) for finding in self.findings)


def severity_by_extent(kind: Kind, extent: Mapping[Measure, float], settings: VerdictSettings) -> Severity:
    """Tell how bad a kind is by how much of it there is; measures that are not told exceed no limit.

    Limits of a zone are left out: in which zone something lies is told of each frame by itself.

    Parameters
    ----------
    kind : Kind
    extent : mapping of measure to its value
    settings : VerdictSettings
    """
    rule = settings.rule(kind)
    everywhere = (limit for limit in rule.limits if limit.zone is None)
    exceeded = (limit.severity for limit in everywhere if extent.get(limit.measure, 0.0) > limit.above)
    return max([rule.severity, *exceeded], key=rank)


def worse_severity(one: Severity, other: Severity) -> Severity:
    """The worse of two; severities are names, and do not compare by themselves."""
    return max(one, other, key=rank)


def _judge_one(finding: Finding, crowd: _Crowd, settings: VerdictSettings) -> tuple[Defect, str]:
    rule = settings.rule(finding.kind)
    severity, reason = rule.severity, f"{finding.kind} {number(finding.area_mm2)} mm2"
    for limit in rule.limits:
        if rank(limit.severity) > rank(severity) and crowd.lies_in(finding, limit.zone):
            value = _measured(finding, limit, crowd)
            if value > limit.above:
                severity, reason = limit.severity, f"{finding.kind} {limit.told(value)}"
    return Defect(finding, severity, needs_review=_doubtful(finding, settings) or severity is Severity.CRITICAL), reason


def _measured(finding: Finding, limit: Limit, crowd: _Crowd) -> float:
    if limit.measure == "per_m2":
        return crowd.per_m2(finding.kind, limit.zone)
    value: float = getattr(finding, limit.measure)
    return value


def _doubtful(finding: Finding, settings: VerdictSettings) -> bool:
    """Whether a name is unsure, or the thing so unlike clean web that people want to see it."""
    unlike, above = finding.unlike_product, settings.review_unlike_above
    # A hundredth is what is told and kept of it: a record read back is judged as its frame was.
    strange = unlike is not None and above is not None and round(unlike, 2) > above
    return strange or finding.kind is Kind.UNKNOWN or finding.probability < settings.review_below


def _reasons(judged: Sequence[tuple[Defect, str]], settings: VerdictSettings) -> tuple[str, ...]:
    def badness(pair: tuple[Defect, str]) -> tuple[int, int]:
        defect, _ = pair
        return _VERDICTS.index(settings.verdict_of(defect)), rank(defect.severity)

    ranked = sorted(judged, key=badness, reverse=True)
    return tuple(reason for defect, reason in ranked if settings.verdict_of(defect) is not Verdict.PASS)


def _worse(one: Verdict, other: Verdict) -> Verdict:
    return max(one, other, key=_VERDICTS.index)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=_VERDICTS.index, default=Verdict.PASS)
