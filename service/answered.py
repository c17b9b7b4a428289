"""Which numbers were answered, and which are missing: asked for every frame, the store only where it may know.

A bit for each number; a roll of 30,000 frames takes 4 KiB.
"""

from collections import defaultdict

_BITS = 10
_MOST_KEPT = 4096
"""Of 1024 numbers each: what counts by the microsecond takes a new one for every frame."""


class AnsweredNumbers:
    """The answered numbers of one camera on one roll.

    Parameters
    ----------
    before : int or None
        Largest number that was answered before this station was started: it and those below may be in the store.
        Later also where numbers lie so far apart that bits for them would take memory without end.
    count : int
        How many were.
    """

    def __init__(self, before: int | None, count: int = 0) -> None:
        self._before = self._largest = -1 if before is None else before
        self._count = count
        self._seen: defaultdict[int, int] = defaultdict(int)

    def add(self, number: int) -> None:
        """Remember a number that was not answered before."""
        place, bit = number >> _BITS, 1 << (number & ((1 << _BITS) - 1))
        self._count += not self._seen[place] & bit
        self._seen[place] |= bit
        self._largest = max(self._largest, number)
        if len(self._seen) > _MOST_KEPT:
            self._before = max(self._before, ((max(self._seen) + 1) << _BITS) - 1)
            self._seen.clear()

    @property
    def missing(self) -> int:
        """Numbers below the largest answered one that were not: lost on their way, refused, or still to come."""
        return self._largest + 1 - self._count

    def may_have(self, number: int) -> bool:
        """Whether the store may have an answer for the number; never wrongly False."""
        return number <= self._before or bool(self._seen.get(number >> _BITS, 0) >> (number & ((1 << _BITS) - 1)) & 1)
