"""Scrap: how much of a roll was inspected, cut out, not inspected and held, in square metres of coating.

Every piece of web counts once: what was not inspected is that and nothing else, what was held and nobody could judge
is held, what is cut out of the rest is rejected. So `inspected + not inspected + held` is length times width.

What stopping earlier would have saved: a streak or a repeating mark raises its alarm within a metre of web. Had the
line been stopped (or the die cleaned) then, what came after the first metre would have been good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from inspection.roll.along import Stretch, between, joined, length_mm, without
from inspection.roll.cuts import Cut
from inspection.roll.extent import RollExtent, faults_by_lane
from inspection.roll.fault import Cause, Fault
from inspection.roll.roll_settings import RollSettings

ACTED_ON_AFTER_MM = 1000.0
"""So much web passes from the onset of something that goes on until its alarm can be acted on."""

_GO_ON = (Cause.DEFECT, Cause.REPEAT)


@dataclass(frozen=True)
class Areas:
    """Square metres of coating.

    Attributes
    ----------
    inspected_m2 : float
        Seen and judged.
    rejected_m2 : float
        Of these, cut out.
    not_inspected_m2, held_m2 : float
    avoidable_m2 : float
        Of the rejected, what would have been good had the line been stopped at the alarm.
    """

    inspected_m2: float = 0.0
    rejected_m2: float = 0.0
    not_inspected_m2: float = 0.0
    held_m2: float = 0.0
    avoidable_m2: float = 0.0

    def __add__(self, other: "Areas") -> "Areas":
        return Areas(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Areas)))


@dataclass(frozen=True)
class LaneAccount:
    """Where one lane's web went.

    Attributes
    ----------
    lane : int or None
        None where no lane was found.
    width_mm : float or None
        None where nobody measured it: its areas cannot be told, and count as 0.
    rejected, not_inspected, held : sequence of (float, float)
        Stretches in mm; none overlaps another.
    avoidable : sequence of (float, float)
        Of the rejected, see `Areas`.
    """

    lane: int | None
    width_mm: float | None
    rejected: Sequence[Stretch]
    not_inspected: Sequence[Stretch]
    held: Sequence[Stretch]
    avoidable: Sequence[Stretch]

    def areas(self, from_mm: float, to_mm: float) -> Areas:
        """Measure a piece of the lane."""
        m2_per_mm = (self.width_mm or 0.0) / 1e6
        parts = (self.rejected, self.not_inspected, self.held, self.avoidable)
        rejected, unseen, held, saved = (length_mm(between(part, from_mm, to_mm)) * m2_per_mm for part in parts)
        inspected = (to_mm - from_mm) * m2_per_mm - unseen - held
        return Areas(max(inspected, 0.0), rejected, unseen, held, saved)


def lane_accounts(
    faults: Iterable[Fault], cuts: Iterable[Cut], extent: RollExtent, settings: RollSettings
) -> list[LaneAccount]:
    """Tell for each lane where its web went, given a roll's faults and its cut list."""
    out: dict[int | None, list[Stretch]] = {}
    for cut in cuts:
        out.setdefault(cut.lane, []).append((cut.from_mm, cut.to_mm))
    parted = faults_by_lane(faults, extent)
    return [_account(lane, of_lane, out.get(lane, ()), extent, settings) for lane, of_lane in parted.items()]


def _account(
    lane: int | None, faults: Sequence[Fault], cut: Iterable[Stretch], extent: RollExtent, settings: RollSettings
) -> LaneAccount:
    not_inspected = joined(_of_cause(faults, Cause.NOT_INSPECTED))
    held = without(joined(_of_cause(faults, Cause.HELD)), not_inspected)
    rejected = without(without(joined(cut), not_inspected), held)
    late = joined((fault.from_mm + ACTED_ON_AFTER_MM, fault.to_mm) for fault in faults if _goes_on(fault, settings))
    saved = without(late, without(late, rejected))  # of web that nobody saw it is not known
    return LaneAccount(lane, extent.width_mm.get(lane), rejected, not_inspected, held, saved)


def _of_cause(faults: Sequence[Fault], cause: Cause) -> list[Stretch]:
    return [(fault.from_mm, fault.to_mm) for fault in faults if fault.cause is cause]


@dataclass(frozen=True)
class Avoidable:
    """Web that would have been good, had the line been stopped when something that went on raised its alarm.

    Attributes
    ----------
    lane : int or None
    why : str
    from_mm, to_mm : float
        From where on it would have been good, and where it ended.
    m2 : float
    """

    lane: int | None
    why: str
    from_mm: float
    to_mm: float
    m2: float


def avoidable(faults: Iterable[Fault], extent: RollExtent, settings: RollSettings) -> list[Avoidable]:
    """List what went on for longer than an alarm takes, the largest area first."""
    parted = faults_by_lane((fault for fault in faults if _goes_on(fault, settings)), extent)
    told = (_avoidable(lane, fault, extent) for lane, of_lane in parted.items() for fault in of_lane)
    return sorted(told, key=lambda each: (-each.m2, each.lane or 0, each.from_mm, each.why))


def _goes_on(fault: Fault, settings: RollSettings) -> bool:
    return fault.cause in _GO_ON and settings.rejects(fault) and fault.to_mm - fault.from_mm > ACTED_ON_AFTER_MM


def _avoidable(lane: int | None, fault: Fault, extent: RollExtent) -> Avoidable:
    start = fault.from_mm + ACTED_ON_AFTER_MM
    m2 = (fault.to_mm - start) * extent.width_mm.get(lane, 0.0) / 1e6
    return Avoidable(lane, fault.why, start, fault.to_mm, m2)
