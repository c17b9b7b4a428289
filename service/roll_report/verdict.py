"""What the roll is worth, lane by lane with reasons, and what has to be cut out of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inspection.roll.cuts import Cut
from inspection.roll.roll_verdict import LaneVerdict
from inspection.verdict import Verdict
from service.roll_report.facts import Facts
from service.roll_report.numbers import lane_called, left_out, metres, reason, spaced

_WORST_FIRST: Final = (Verdict.REJECT, Verdict.HOLD, Verdict.WARN, Verdict.PASS)
_MEANS: Final = {
    Verdict.REJECT: "too much of it has to be cut out",
    Verdict.HOLD: "not to be released before somebody has decided on what could not be judged",
    Verdict.WARN: "may be released, with what is told here",
    Verdict.PASS: "nothing was found that counts",
}
_MOST_LANES: Final = 24
_MOST_REASONS: Final = 6
_MOST_CUTS: Final = 40
_MOST_WHY: Final = 3


@dataclass(frozen=True)
class JudgedLane:
    """A lane in words."""

    name: str
    verdict: str
    rejected: str
    unjudged: str
    pieces: str
    reasons: list[str]


@dataclass(frozen=True)
class RollTold:
    """A roll's verdict, what it means, and its lanes, the worst first.

    Attributes
    ----------
    verdict, means : str
    still_open : bool
    lanes : list of JudgedLane
    left_out : str
        Says what is not shown; empty where all is.
    """

    verdict: str
    means: str
    still_open: bool
    lanes: list[JudgedLane]
    left_out: str


@dataclass(frozen=True)
class CutPiece:
    """A piece to cut out, in words."""

    lane: str
    from_m: str
    to_m: str
    length: str
    why: str


@dataclass(frozen=True)
class CutList:
    """The longest cuts, along the web; how much all of them are, and by which recipe's rules they were made."""

    pieces: list[CutPiece]
    total: str
    rules: str
    left_out: str


def verdict(facts: Facts) -> RollTold:
    """Tell what the roll and each of its lanes is worth."""
    told = facts.judged.verdict
    pieces = Counter(cut.lane for cut in facts.judged.cuts)
    lanes = sorted(told.lanes, key=lambda each: (_WORST_FIRST.index(each.verdict), -each.rejected_mm))
    return RollTold(
        verdict=told.verdict.value,
        means=_MEANS[told.verdict],
        still_open=facts.judged.faulty.seen.still_open,
        lanes=[_lane(each, pieces[each.lane]) for each in lanes[:_MOST_LANES]],
        left_out=left_out(_MOST_LANES, len(lanes), "lanes, the worst"),
    )


def cuts(facts: Facts) -> CutList:
    """Tell what to cut out, the longest pieces where there are too many for paper."""
    every = facts.judged.cuts
    longest = sorted(every, key=lambda cut: (cut.from_mm - cut.to_mm, cut.from_mm))[:_MOST_CUTS]
    along = sorted(longest, key=lambda cut: (cut.from_mm, cut.lane or 0))
    total_m = sum(cut.to_mm - cut.from_mm for cut in every) / 1e3
    return CutList(
        pieces=[_piece(cut) for cut in along],
        total=f"{spaced(len(every))} pieces, {metres(total_m * 1e3, 1)} m",
        rules=_rules(facts),
        left_out=left_out(_MOST_CUTS, len(every), "cuts, the longest"),
    )


def _lane(lane: LaneVerdict, pieces: int) -> JudgedLane:
    share = lane.rejected_mm / lane.length_mm if lane.length_mm > 0 else 0.0
    return JudgedLane(
        name=lane_called(lane.lane),
        verdict=lane.verdict.value,
        rejected=f"{metres(lane.rejected_mm, 1)} m ({share:.1%})",
        unjudged=f"{metres(lane.unjudged_mm, 1)} m",
        pieces=spaced(pieces),
        reasons=_first(lane.reasons, _MOST_REASONS) or ["nothing was found"],
    )


def _piece(cut: Cut) -> CutPiece:
    return CutPiece(
        lane=lane_called(cut.lane),
        from_m=metres(cut.from_mm, 2),
        to_m=metres(cut.to_mm, 2),
        length=metres(cut.to_mm - cut.from_mm, 2),
        why="; ".join(_first(cut.why, _MOST_WHY)),
    )


def _first(reasons: Sequence[str], most: int) -> list[str]:
    more = [f"and {len(reasons) - most} more"] if len(reasons) > most else []
    return [*map(reason, reasons[:most]), *more]


def _rules(facts: Facts) -> str:
    settings = facts.judged.faulty.seen.recipe.roll
    return (
        f"Cut out from {settings.cut_from.value} on, with {metres(settings.margin_mm, 2)} m of margin, "
        f"joined within {metres(settings.join_mm, 2)} m, "
        f"no piece kept that is shorter than {metres(settings.shortest_piece_mm, 2)} m."
    )
