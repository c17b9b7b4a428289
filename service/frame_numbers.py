"""Numbers of frames: they grow with time, also over restarts and when the clock is set back."""

import threading
from collections.abc import Callable
from datetime import datetime

_COUNT_BITS = 22
"""A number is a millisecond since 1970 and 22 bits to count within it: 63 bits for the next two centuries."""


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
            now = int(self._clock().timestamp() * 1e3) << _COUNT_BITS
            self._last = max(now, self._last + 1)
            return self._last
