"""The hand-over to slitting and notching: each lane as a roll of its own, as the machine that runs it next counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inspection.roll.along import Stretch
from inspection.roll.cuts import Cut
from inspection.roll.defect_faults import DefectPlace
from inspection.roll.extent import LaneStrip, RollExtent
from inspection.roll.roll_verdict import LaneVerdict
from inspection.roll.transforms import Line, Transform, head_cut, rewound, slit, stretched, turned_round
from inspection.verdict import Verdict


@dataclass(frozen=True)
class Rewinding:
    """What happens to the roll between the coater and the next machine, in this order.

    Attributes
    ----------
    head_cut_mm, tail_cut_mm : float
        Cut off the start and the end of what was inspected.
    reverse : bool
        The next machine begins with what the coater coated last.
    turn_round : bool
        Its operator side is the coater's drive side.
    stretch : float
        Length that the next machine measures between two marks, over what the coater measured.
    """

    head_cut_mm: float = 0.0
    tail_cut_mm: float = 0.0
    reverse: bool = False
    turn_round: bool = False
    stretch: float = 1.0

    def left_of(self, extent: RollExtent) -> float:
        """What is left of the web, in the coater's mm."""
        return max(extent.length_mm - self.head_cut_mm - self.tail_cut_mm, 0.0)

    def counted_from(self) -> str:
        """Say in words where the next machine counts from."""
        end, off = ("end", self.tail_cut_mm) if self.reverse else ("start", self.head_cut_mm)
        return f"the coated {end}" + (f" without {off / 1e3:g} m cut off" if off else "")


@dataclass(frozen=True)
class Mark:
    """Something in a lane, where the next machine meets it.

    Attributes
    ----------
    from_m, to_m : float
        Along the web.
    left_mm, right_mm : float or None
        Across the lane from its coating's edge on the operator side; below 0 is foil. None where nobody measured it.
    why : tuple of str
    """

    from_m: float
    to_m: float
    left_mm: float | None
    right_mm: float | None
    why: tuple[str, ...]


@dataclass(frozen=True)
class LaneRoll:
    """One lane, slit and wound: a roll of its own.

    Attributes
    ----------
    lane : int or None
        None where no lane was found: the whole width.
    verdict : Verdict
    length_m : float
    width_mm : float or None
        Of its coating; None where nobody measured it.
    cuts, defects : tuple of Mark
        Along the web as the next machine meets them.
    """

    lane: int | None
    verdict: Verdict
    length_m: float
    width_mm: float | None
    cuts: tuple[Mark, ...]
    defects: tuple[Mark, ...]


def lane_roll(
    judged: LaneVerdict,
    cuts: Iterable[Cut],
    defects: Iterable[DefectPlace],
    extent: RollExtent,
    rewinding: Rewinding,
) -> LaneRoll:
    """Hand one lane over.

    Parameters
    ----------
    judged : LaneVerdict
        The lane.
    cuts : iterable of Cut
        Of this lane.
    defects : iterable of DefectPlace
        In this lane; those that the next machine is to know of.
    extent : RollExtent
    rewinding : Rewinding
    """
    strip = next((each for each in extent.strips if each.lane == judged.lane), None)
    step, length = _step(strip, extent, rewinding), rewinding.left_of(extent) * rewinding.stretch
    full_width = (strip.left_mm, strip.right_mm) if strip else None
    to_cut = (_mark(step, (cut.from_mm, cut.to_mm), full_width, cut.why) for cut in cuts)
    seen = (_defect_mark(step, defect, strip) for defect in defects)
    width = strip.width_mm if strip else None
    return LaneRoll(
        lane=judged.lane,
        verdict=judged.verdict,
        length_m=_m(length),
        width_mm=None if width is None else round(width, 3),
        cuts=_inside(to_cut, length),
        defects=_inside(seen, length),
    )


def _step(strip: LaneStrip | None, extent: RollExtent, rewinding: Rewinding) -> Transform:
    step = head_cut(extent.from_mm).then(head_cut(rewinding.head_cut_mm))
    if rewinding.reverse:
        step = step.then(rewound(rewinding.left_of(extent)))
    if strip:
        step = step.then(slit(strip.left_mm))
        if rewinding.turn_round:
            step = step.then(turned_round(strip.right_mm - strip.left_mm))
    return step.then(stretched(rewinding.stretch))


def _mark(step: Transform, along: Stretch, across: Stretch | None, why: Sequence[str]) -> Mark:
    start, end = step.along.of_stretch(along)
    left, right = _across(step.across, across)
    return Mark(_m(start), _m(end), left, right, tuple(why))


def _across(line: Line, across: Stretch | None) -> tuple[float | None, float | None]:
    if across is None:
        return None, None
    left, right = line.of_stretch(across)
    return round(left, 3), round(right, 3)


def _defect_mark(step: Transform, defect: DefectPlace, strip: LaneStrip | None) -> Mark:
    across = (defect.left_mm, defect.right_mm) if strip else None
    return _mark(step, (defect.from_mm, defect.to_mm), across, (defect.told,))


def _inside(marks: Iterable[Mark], length_mm: float) -> tuple[Mark, ...]:
    """Leave out what was cut off with head or tail, and shorten what it cut through."""
    end = _m(length_mm)
    left = (
        Mark(max(mark.from_m, 0.0), min(mark.to_m, end), mark.left_mm, mark.right_mm, mark.why)
        for mark in marks
        if end > 0 and (mark.to_m > 0 or mark.from_m >= 0) and (mark.from_m < end or mark.to_m <= end)
    )
    return tuple(sorted(left, key=lambda mark: (mark.from_m, mark.to_m, mark.left_mm or 0.0, mark.why)))


def _m(length_mm: float) -> float:
    """Millimetres as metres, to a tenth of a millimetre; never -0."""
    return round(length_mm / 1e3, 4) + 0.0
