"""Whether the workers still work: something is in their hands, and for how long nothing came out of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class WorkerWatch:
    """Sees work go in and come out; belongs to the event loop.

    Parameters
    ----------
    timer : callable
        Seconds, monotonic.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer, self._in_work, self._moved_s = timer, 0, timer()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Mark one piece of work."""
        if not self._in_work:
            self._moved_s = self._timer()
        self._in_work += 1
        try:
            yield
        finally:
            self._in_work -= 1
            self._moved_s = self._timer()

    @property
    def stuck_s(self) -> float:
        """For how many seconds nothing came out although something is in work; 0 when nothing is."""
        return self._timer() - self._moved_s if self._in_work else 0.0
