"""Patches: the coated lengths of skip coating and the bare ones between, joined over frames.

In:  coated intervals of single frames, which frames cut, and what of the web the frames show; of one camera.
Out: whole patches and skips of the web. Where a frame is missing nobody knows whether coating begins or ends, so that
what reaches such a place has no length.
"""

import struct
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inspection.record import CoatedPatch
from inspection.roll.lane_series import LaneId, Series

TOUCHING_MM: Final = 0.5
"""Rounded positions leave such gaps between frames that follow each other."""

_PACKED = struct.Struct("<Hdd")
_FIELDS = np.dtype([("lane", "<u2"), ("from_mm", "<f8"), ("to_mm", "<f8")])


@dataclass(frozen=True, eq=False)
class Intervals:
    """Lengths along the web, in order.

    Attributes
    ----------
    from_mm, to_mm : ndarray of shape (intervals,), float64
    """

    from_mm: NDArray[np.float64]
    to_mm: NDArray[np.float64]

    def kept(self, which: NDArray[np.bool_]) -> "Intervals":
        """Those of them."""
        return Intervals(self.from_mm[which], self.to_mm[which])

    def by_metre(self) -> Series:
        """Their lengths, by the metre in which the middle of each lies."""
        metres, begin = np.unique(((self.from_mm + self.to_mm) // 2000).astype(np.int64), return_index=True)
        lengths = self.to_mm - self.from_mm
        if not len(metres):
            return Series(metres, lengths, lengths, lengths)
        counts = np.diff(begin, append=len(lengths))
        means = np.add.reduceat(lengths, begin) / counts
        return Series(metres, means, np.minimum.reduceat(lengths, begin), np.maximum.reduceat(lengths, begin))


@dataclass(frozen=True, eq=False)
class LanePatches:
    """Coated patches of one lane, and the skips between them, whose both ends are known."""

    lane: LaneId
    patches: Intervals
    skips: Intervals


class Window:
    """Coated intervals of one lane in the latest web of one camera; what lies farther back is forgotten."""

    def __init__(self, length_mm: float = 6000.0) -> None:
        self._length_mm = length_mm
        self._seen: deque[tuple[float, float]] = deque()
        self._pieces: deque[tuple[float, float]] = deque()

    def add(self, patches: Iterable[CoatedPatch], from_mm: float, to_mm: float) -> None:
        """Take in what a frame shows, from where to where."""
        self._seen.append((from_mm, to_mm))
        self._pieces.extend((patch.from_mm, patch.to_mm) for patch in patches)
        for kept in (self._seen, self._pieces):
            while kept and kept[0][1] < to_mm - self._length_mm:
                kept.popleft()

    def ending_within(self, from_mm: float, to_mm: float) -> tuple[Intervals, Intervals]:
        """Whole patches, and the bare lengths between them, that end there."""
        pieces, seen = (np.array(each, np.float64).reshape(-1, 2) for each in (self._pieces, self._seen))
        patches = joined(pieces[:, 0], pieces[:, 1])
        skips = Intervals(patches.to_mm[:-1], patches.from_mm[1:])
        sight = joined(seen[:, 0], seen[:, 1])
        whole = (_known(each, sight) for each in (patches, skips))
        patches, skips = (each.kept((each.to_mm >= from_mm) & (each.to_mm < to_mm)) for each in whole)
        return patches, skips


def pack(patches: Iterable[tuple[int, CoatedPatch]]) -> bytes:
    """Write coated intervals, each with its lane's number, as bytes to be kept."""
    return b"".join(_PACKED.pack(lane, patch.from_mm, patch.to_mm) for lane, patch in patches)


def unpack(packed: Sequence[bytes]) -> dict[int, NDArray[Any]]:
    """Read what was packed: the intervals of each lane, by its number."""
    everything = np.frombuffer(b"".join(packed), _FIELDS)
    return {int(lane): everything[everything["lane"] == lane] for lane in np.unique(everything["lane"])}


def joined(from_mm: NDArray[np.float64], to_mm: NDArray[np.float64]) -> Intervals:
    """Join intervals that touch or overlap, in any order."""
    if not len(from_mm):
        return Intervals(from_mm, to_mm)
    order = np.argsort(from_mm, kind="stable")
    begins, ends = from_mm[order], to_mm[order]
    new = begins[1:] > np.maximum.accumulate(ends)[:-1] + TOUCHING_MM
    first = np.flatnonzero(np.concatenate([[True], new]))
    return Intervals(begins[first], np.maximum.reduceat(ends, first))


def patches_and_skips(pieces: NDArray[Any], seen: Intervals) -> tuple[Intervals, Intervals]:
    """Whole patches of one lane, and the bare lengths between them.

    Parameters
    ----------
    pieces : structured ndarray
        Of one lane, as `unpack` gives them, in any order.
    seen : Intervals
        What of the web the camera's frames show, joined.
    """
    patches = joined(pieces["from_mm"], pieces["to_mm"])
    skips = Intervals(patches.to_mm[:-1], patches.from_mm[1:])
    return _known(patches, seen), _known(skips, seen)


def _known(intervals: Intervals, seen: Intervals) -> Intervals:
    """Those with web in sight before them, in them and behind them."""
    before, behind = intervals.from_mm - TOUCHING_MM, intervals.to_mm + TOUCHING_MM
    stretch = np.searchsorted(seen.from_mm, before, side="right") - 1
    known = (stretch >= 0) & (behind <= seen.to_mm[stretch])
    return intervals.kept(known)
