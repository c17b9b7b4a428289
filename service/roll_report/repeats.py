"""What repeats: marks that a roller leaves once a turn."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Final

from service.roll_report.facts import Facts
from service.roll_report.numbers import left_out, metres, spaced
from service.rollbook.repeats import RollRepeat, repeats_of_roll

_MOST: Final = 20


@dataclass(frozen=True)
class ToldRepeat:
    """A repeat in words."""

    kind: str
    pitch: str
    roller: str
    across: str
    place: str
    marks: str
    confidence: str


@dataclass(frozen=True)
class Repeats:
    """Repeats, those of most marks first; `searched` says how far was searched, empty where that is everywhere."""

    repeats: list[ToldRepeat]
    left_out: str
    searched: str


def repeats(facts: Facts) -> Repeats:
    """Tell what repeats, and which roller turns so."""
    found = repeats_of_roll(facts.connection, facts.roll_id)
    most = sorted(found.repeats, key=lambda each: (-each.marks, each.first_mm))[:_MOST]
    end_mm = found.next_from_mm
    return Repeats(
        repeats=[_told(each) for each in most],
        left_out=left_out(_MOST, len(found.repeats), "repeats, those of most marks"),
        searched=""
        if end_mm is None
        else f"Searched: the first {spaced(found.marks)} marks, to {metres(end_mm, 1)} m.",
    )


def _told(repeat: RollRepeat) -> ToldRepeat:
    missed = f" ({spaced(repeat.missed)} missed)" if repeat.missed else ""
    return ToldRepeat(
        kind=repeat.kind.replace("_", " "),
        pitch=f"{spaced(repeat.pitch_mm, 2)} \u00b1 {spaced(_rounded_up(repeat.pitch_error_mm), 2)}",
        roller=repeat.roller or "none of the recipe's",
        across=spaced(repeat.cross_mm, 1),
        place=f"{metres(repeat.first_mm, 2)} to {metres(repeat.last_mm, 2)}",
        marks=f"{spaced(repeat.marks)}{missed}",
        confidence=_confidence(repeat.confidence),
    )


def _rounded_up(error_mm: float) -> float:
    """To the digits that are printed: no pitch is known without an error."""
    return ceil(error_mm * 100) / 100


def _confidence(share: float) -> str:
    """Never round up to certainty."""
    return "> 99.99 %" if share > 0.9999 else f"{floor(share * 1e4) / 100:.2f} %"
