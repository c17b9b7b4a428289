"""Numbers of frames: they grow with time, also over restarts and when the clock is set back."""

import threading
from collections.abc import Callable
from datetime import datetime

_COUNT_BITS = 22
"""A number is a millisecond since 1970 and 22 bits to count within it: 63 bits for the next two centuries."""


def number_at(seconds: float) -> int:
    """Return the smallest number of a frame received at a moment or later, in seconds since 1970."""
    return int(seconds * 1e3) << _COUNT_BITS


class FrameNumbers:
    """Gives each frame its number; may be used from any thread.

    Parameters
    ----------
    last : int
        The largest number given so far.
    clock : callable
        The time of day, aware.
    """

    def __init__(self, last: int, clock: Callable[[], datetime]) -> None:
        self._last, self._clock = last, clock
        self._lock = threading.Lock()

    def take(self) -> int:
        """Return the next number."""
        with self._lock:
            now = number_at(self._clock().timestamp())
            self._last = max(now, self._last + 1)
            return self._last
