"""The extent of a roll: how far its web reaches along, and where its lanes lie across."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from inspection.roll.fault import Fault


@dataclass(frozen=True)
class LaneStrip:
    """Where one lane lies across the web, averaged over the roll.

    Attributes
    ----------
    lane : int
        From 1 at the operator side.
    left_mm, right_mm : float
        Edges of its coating, from the operator side.
    width_mm : float
        Of its coating.
    """

    lane: int
    left_mm: float
    right_mm: float
    width_mm: float


@dataclass(frozen=True)
class RollExtent:
    """What web a roll has.

    Attributes
    ----------
    from_mm, to_mm : float
        Where inspection began and how far it came.
    strips : tuple of LaneStrip
        By their left edges; empty where no lane was found.
    """

    from_mm: float
    to_mm: float
    strips: tuple[LaneStrip, ...]

    @property
    def length_mm(self) -> float:
        """Extent along the web."""
        return self.to_mm - self.from_mm

    @cached_property
    def width_mm(self) -> Mapping[int | None, float]:
        """Width of each lane's coating; of a lane that nobody measured it is not told."""
        return {strip.lane: strip.width_mm for strip in self.strips}

    @cached_property
    def _slits_mm(self) -> list[float]:
        """Where lanes would be slit apart: in the middle of the foil between them."""
        return [(one.right_mm + other.left_mm) / 2 for one, other in pairwise(self.strips)]

    def lanes_across(self, left_mm: float, right_mm: float) -> list[int]:
        """Tell which lanes something reaches; the foil beside a lane, up to the slit, belongs to it."""
        first, last = bisect_right(self._slits_mm, left_mm), bisect_left(self._slits_mm, right_mm)
        return [strip.lane for strip in self.strips[first : max(first, last) + 1]]

    def covering(self, faults: Sequence[Fault]) -> "RollExtent":
        """Return the extent with all faults in it: what lies beyond the frames seen is web too."""
        first = min((fault.from_mm for fault in faults), default=self.from_mm)
        last = max((fault.to_mm for fault in faults), default=self.to_mm)
        return replace(self, from_mm=min(first, self.from_mm), to_mm=max(last, self.to_mm))


def faults_by_lane(faults: Iterable[Fault], extent: RollExtent) -> dict[int | None, list[Fault]]:
    """Give each lane its faults; one of the whole width is each lane's.

    Returns
    -------
    dict
        Every lane of the roll and every other one that a fault names. Where there is none at all, None stands for
        the whole width.
    """
    told = list(faults)
    named = {fault.lane for fault in told} | {strip.lane for strip in extent.strips}
    lanes: Sequence[int | None] = sorted(lane for lane in named if lane is not None) or [None]
    parted: dict[int | None, list[Fault]] = {lane: [] for lane in lanes}
    for fault in told:
        for lane in parted if fault.lane is None else (fault.lane,):
            parted[lane].append(fault)
    return parted
