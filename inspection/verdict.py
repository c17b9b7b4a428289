"""Judging: findings and the recipe's limits in, severities, a verdict and its reasons out.

Nothing that could not be inspected passes: one reason to hold outweighs every defect,
because a frame that was not seen properly cannot be judged by what was seen in it.
The default limits follow what is known of the kinds' harm: missing coating, metal and
line defects outrank pinholes (Zangerle et al., J. Nondestr. Eval. 44(3), 2025; Brake 2025);
no public standard fixes them, so each product's recipe sets its own.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from annotated_types import Interval

from inspection.defect import EVENT_KINDS, Defect, Finding, Kind, Severity
from inspection.errors import RecipeError


class Verdict(StrEnum):
    """The answer for one frame. `hold`: received but could not be judged."""

    PASS = "pass"
    WARN = "warn"
    REJECT = "reject"
    HOLD = "hold"


Measure: TypeAlias = Literal["area_mm2", "length_mm", "width_mm", "per_m2"]

_SEVERITIES = tuple(Severity)
_VERDICTS = (Verdict.PASS, Verdict.WARN, Verdict.REJECT)
_UNITS: dict[Measure, str] = {
    "area_mm2": "mm2",
    "length_mm": "mm long",
    "width_mm": "mm wide",
    "per_m2": "per m2",
}


@dataclass(frozen=True)
class Limit:
    """Above this the kind is worse than usual.

    Attributes
    ----------
    measure : {"area_mm2", "length_mm", "width_mm", "per_m2"}
        What is compared; `per_m2` is the kind's count over the frame's area.
    above : float
        The limit, in the measure's unit.
    severity : Severity
        What the defect becomes beyond it.

    Raises
    ------
    RecipeError
        `above` is no number from 0: nothing would ever be above it.
    """

    measure: Measure
    above: float
    severity: Severity

    def __post_init__(self) -> None:
        if not (math.isfinite(self.above) and self.above >= 0):
            raise RecipeError(f"expected a limit of 0 or more for {self.measure}, got {self.above}: give a number")


@dataclass(frozen=True)
class KindRule:
    """One kind's usual severity and the limits that raise it."""

    severity: Severity
    limits: tuple[Limit, ...] = ()


def _default_rules() -> dict[Kind, KindRule]:
    minor, major, critical = Severity
    return {
        Kind.PINHOLE: KindRule(minor, (Limit("per_m2", 2000.0, major),)),
        Kind.BLISTER: KindRule(major),
        Kind.AGGLOMERATE: KindRule(major),
        Kind.METALLIC_PARTICLE: KindRule(critical),
        Kind.BARE_SPOT: KindRule(major, (Limit("area_mm2", 0.5, critical),)),
        Kind.STREAK: KindRule(major, (Limit("length_mm", 1000.0, critical),)),
        Kind.SCRATCH: KindRule(major),
        Kind.CRACK: KindRule(major),
        Kind.DELAMINATION: KindRule(critical),
        Kind.STAIN: KindRule(minor),
        Kind.WRINKLE: KindRule(major),
        Kind.FOIL_CONTAMINATION: KindRule(major),
        Kind.EDGE_DEFECT: KindRule(major),
        Kind.UNKNOWN: KindRule(minor),
    }


@dataclass(frozen=True)
class VerdictSettings:
    """A product's limits.

    Attributes
    ----------
    kinds : mapping of Kind to KindRule
        Kinds left out keep their default rule.
    minor, major, critical : Verdict
        What a defect of that severity makes of the frame.
    review_below : float
        Names less probable than this are marked for review; 0 to 1.
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

    kinds: Mapping[Kind, KindRule] = field(default_factory=dict)
    minor: Verdict = Verdict.WARN
    major: Verdict = Verdict.REJECT
    critical: Verdict = Verdict.REJECT
    review_below: float = 0.8
    review_unlike_above: Annotated[float, Interval(ge=0)] | None = None
    largest_hidden_share: Annotated[float, Interval(ge=0, le=1)] = 0.5

    def __post_init__(self) -> None:
        for severity in _SEVERITIES:
            if (verdict := getattr(self, severity.value)) not in _VERDICTS:
                raise RecipeError(f"expected pass, warn or reject for {severity}, got {verdict}: choose one")
        if not 0 <= self.review_below <= 1:
            raise RecipeError(f"expected review_below from 0 to 1, got {self.review_below}: give a probability")

    def rule(self, kind: Kind) -> KindRule:
        """The rule for a kind: the product's own, else the default."""
        return self.kinds.get(kind) or _DEFAULT_RULES[kind]

    def harm(self, kind: Kind) -> int:
        """Rank of a kind's usual severity, from 0; an event harms nothing."""
        return -1 if kind in EVENT_KINDS else _rank(self.rule(kind).severity)

    def verdict_of(self, defect: Defect) -> Verdict:
        """What one defect makes of its frame; `unknown` is never better than warn."""
        by_severity: Verdict = getattr(self, defect.severity.value)
        return _worse(by_severity, Verdict.WARN) if defect.finding.kind is Kind.UNKNOWN else by_severity


_DEFAULT_RULES = _default_rules()


@dataclass(frozen=True)
class Judgement:
    """A frame's verdict and what it rests on."""

    verdict: Verdict
    reasons: tuple[str, ...]
    defects: tuple[Defect, ...]
    events: tuple[Finding, ...]


def judge(
    findings: Sequence[Finding], holds: Sequence[str], frame_area_mm2: float, settings: VerdictSettings
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

    Returns
    -------
    Judgement
        Reasons stand worst first: holds, then those of reject, then of warn.
    """
    events = tuple(finding for finding in findings if finding.kind in EVENT_KINDS)
    per_m2 = _densities(findings, frame_area_mm2)
    judged = [_judge_one(finding, per_m2, settings) for finding in findings if finding.kind not in EVENT_KINDS]
    defects = tuple(defect for defect, _ in judged)
    hidden = sum(event.area_mm2 for event in events) / frame_area_mm2
    if hidden > settings.largest_hidden_share:
        holds = (*holds, f"hidden: {hidden:.0%} of the frame lies under {events[0].kind}")
    seen = tuple(f"{event.kind}: the web under it was not inspected" for event in events)
    least = Verdict.WARN if events else Verdict.PASS
    verdict = Verdict.HOLD if holds else _worst([least, *map(settings.verdict_of, defects)])
    return Judgement(verdict, (*holds, *_reasons(judged, settings), *seen), defects, events)


def _densities(findings: Sequence[Finding], frame_area_mm2: float) -> dict[Kind, float]:
    counts = Counter(finding.kind for finding in findings)
    return {kind: count * 1e6 / frame_area_mm2 for kind, count in counts.items()}


def severity_by_extent(kind: Kind, extent: Mapping[Measure, float], settings: VerdictSettings) -> Severity:
    """Tell how bad a kind is by how much of it there is; measures that are not told exceed no limit.

    Parameters
    ----------
    kind : Kind
    extent : mapping of measure to its value
    settings : VerdictSettings
    """
    rule = settings.rule(kind)
    exceeded = (limit.severity for limit in rule.limits if extent.get(limit.measure, 0.0) > limit.above)
    return max([rule.severity, *exceeded], key=_rank)


def worse_severity(one: Severity, other: Severity) -> Severity:
    """The worse of two; severities are names, and do not compare by themselves."""
    return max(one, other, key=_rank)


def _judge_one(finding: Finding, per_m2: Mapping[Kind, float], settings: VerdictSettings) -> tuple[Defect, str]:
    rule = settings.rule(finding.kind)
    severity, reason = rule.severity, f"{finding.kind} {_number(finding.area_mm2)} mm2"
    for limit in rule.limits:
        value = per_m2[finding.kind] if limit.measure == "per_m2" else getattr(finding, limit.measure)
        if value > limit.above and _rank(limit.severity) > _rank(severity):
            unit = _UNITS[limit.measure]
            severity, reason = (
                limit.severity,
                f"{finding.kind} {_number(value)} {unit} > {limit.above:g} {unit}",
            )
    return Defect(finding, severity, needs_review=_doubtful(finding, settings) or severity is Severity.CRITICAL), reason


def _doubtful(finding: Finding, settings: VerdictSettings) -> bool:
    """Whether a name is unsure, or the thing so unlike clean web that people want to see it."""
    unlike, above = finding.unlike_product, settings.review_unlike_above
    strange = unlike is not None and above is not None and unlike > above
    return strange or finding.kind is Kind.UNKNOWN or finding.probability < settings.review_below


def _reasons(judged: Sequence[tuple[Defect, str]], settings: VerdictSettings) -> tuple[str, ...]:
    def badness(pair: tuple[Defect, str]) -> tuple[int, int]:
        defect, _ = pair
        return _VERDICTS.index(settings.verdict_of(defect)), _rank(defect.severity)

    ranked = sorted(judged, key=badness, reverse=True)
    return tuple(reason for defect, reason in ranked if settings.verdict_of(defect) is not Verdict.PASS)


def _number(value: float) -> str:
    """Write a measure as people read it: three digits, never an exponent for a large one."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _rank(severity: Severity) -> int:
    return _SEVERITIES.index(severity)


def _worse(one: Verdict, other: Verdict) -> Verdict:
    return max(one, other, key=_VERDICTS.index)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    return max(verdicts, key=_VERDICTS.index, default=Verdict.PASS)
