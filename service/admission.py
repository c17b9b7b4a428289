"""Admission: how many frames of one camera may be under way; the next one is told to come later.

A queue without bound answers late first and runs out of memory then. The place is taken before
the body is read, so that a refusal costs the camera nothing.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import QueueFull

_SHARE_OF_NEW = 0.1
_FIRST_GUESS_MS = 20.0


class Admission:
    """Counts frames under way; used from the event loop alone.

    Parameters
    ----------
    places : int
        Frames of one camera that may be under way.
    workers : int
        Frames inspected at the same time.
    """

    def __init__(self, places: int, workers: int) -> None:
        self._places, self._workers = places, workers
        self._under_way: Counter[str] = Counter()
        self._usual_ms = _FIRST_GUESS_MS

    @contextmanager
    def place(self, camera_id: str) -> Iterator[None]:
        """Hold one of the camera's places.

        Raises
        ------
        QueueFull
            All are taken.
        """
        if self._under_way[camera_id] >= self._places:
            raise QueueFull(
                f"expected at most {self._places} frames of {camera_id} under way, got one more: "
                f"send it again in {self.retry_after_ms} ms"
            )
        self._under_way[camera_id] += 1
        try:
            yield
        finally:
            self._under_way[camera_id] -= 1
            if not self._under_way[camera_id]:
                del self._under_way[camera_id]

    def took(self, inspection_ms: float) -> None:
        """Learn how long an inspection took, for the advice when to come again."""
        self._usual_ms += _SHARE_OF_NEW * (inspection_ms - self._usual_ms)

    @property
    def retry_after_ms(self) -> int:
        """When a place is likely to be free."""
        return max(math.ceil(self._usual_ms * self.total / self._workers), 1)

    @property
    def total(self) -> int:
        """Frames under way, of all cameras."""
        return self._under_way.total()

    def of(self, camera_id: str) -> int:
        """Frames of a camera under way."""
        return self._under_way.get(camera_id, 0)
