"""Coverage: what of a roll cameras saw, where they saw nothing, and where a frame could not be judged.

A camera sends whole frames, and two cameras do not begin on the same line. So a roll begins and ends where all of
those saw it that begin, or end, within a frame of the first or last. Whatever else one of them left out is a gap.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inspection.roll.along import Stretch, joined, without

TOUCHING_MM = 0.5
"""Rounded positions leave such gaps between frames that follow each other."""


@dataclass(frozen=True)
class SeenFrame:
    """One inspected frame of a camera.

    Attributes
    ----------
    from_mm, to_mm : float
        Along the web.
    holds : tuple of str
        Why it could not be judged; empty where it could.
    """

    from_mm: float
    to_mm: float
    holds: tuple[str, ...] = ()

    @property
    def length_mm(self) -> float:
        """Extent along the web."""
        return self.to_mm - self.from_mm


@dataclass(frozen=True)
class HeldStretch:
    """Frames that follow each other, none of which could be judged; `holds` tells each reason once, in order."""

    from_mm: float
    to_mm: float
    holds: tuple[str, ...]


def seen_ends(cameras: Mapping[str, Sequence[SeenFrame]]) -> Stretch:
    """Tell where a roll begins and ends; (0, 0) where no frame was seen of it."""
    firsts = [min(frames, key=lambda each: each.from_mm) for frames in cameras.values() if frames]
    lasts = [max(frames, key=lambda each: each.to_mm) for frames in cameras.values() if frames]
    if not firsts:
        return 0.0, 0.0
    first, last = min(each.from_mm for each in firsts), max(each.to_mm for each in lasts)
    begins = max(each.from_mm for each in firsts if each.from_mm - first < each.length_mm or each.from_mm == first)
    ends = min(each.to_mm for each in lasts if last - each.to_mm < each.length_mm or each.to_mm == last)
    return begins, max(begins, ends)


def gaps(frames: Iterable[SeenFrame], from_mm: float, to_mm: float) -> list[Stretch]:
    """List where one camera saw nothing between two places."""
    seen = joined((frame.from_mm, frame.to_mm) for frame in frames)
    return [(start, end) for start, end in without([(from_mm, to_mm)], seen) if end - start > TOUCHING_MM]


def held_stretches(frames: Iterable[SeenFrame]) -> Iterator[HeldStretch]:
    """Join one camera's frames that were held and follow each other."""
    together: list[SeenFrame] = []
    for frame in sorted((each for each in frames if each.holds), key=lambda each: (each.from_mm, each.to_mm)):
        if together and frame.from_mm > together[-1].to_mm + TOUCHING_MM:
            yield _held(together)
            together = []
        together.append(frame)
    if together:
        yield _held(together)


def hold_told(reasons: Iterable[str]) -> tuple[str, ...]:
    """Tell why a frame was held: the name of its first reason, which stands before the figures."""
    return (next(iter(reasons), "no reason told").partition(":")[0],)


def _held(frames: Sequence[SeenFrame]) -> HeldStretch:
    told = dict.fromkeys(reason for frame in frames for reason in frame.holds)
    return HeldStretch(frames[0].from_mm, max(frame.to_mm for frame in frames), tuple(told))
