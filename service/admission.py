"""Admission: how many frames may be under way; the next one is told to come later.

A queue without bound answers late first and runs out of memory then. The place is taken before
the body is read, so that a refusal costs the camera nothing.

How many places there are is learnt: while answers take longer than wanted they become fewer, by a tenth each
time, while they take less and places are short they become more, one for every round of answers (additive
increase, multiplicative decrease: Chiu & Jain, Computer Networks and ISDN Systems 17, 1989). So the rate that the
machine can do need not be known, and what is accepted is answered in time. A slow network is no overload: of the
time in which a body comes, only what exceeds the camera's quickest lately counts (as in LEDBAT, RFC 6817).
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from service.errors import QueueFull

_SHARE_OF_NEW = 0.1
_FIRST_GUESS_MS = 20.0
_FEWER = 0.9
_FORGETTING = 1.005
"""A network that became slower is believed after some hundred frames."""

_MOST = 256
"""Of all cameras, however many call themselves one."""


class Admission:
    """Counts frames under way; used from the event loop alone.

    Parameters
    ----------
    each : int
        Frames of one camera that may be under way.
    least : int
        Places that there are always, of all cameras: as many as can be worked on at the same time.
    wanted_ms : float
        An answer that takes longer shows that there are too many places.
    """

    def __init__(self, each: int, least: int, wanted_ms: float) -> None:
        self._each, self._least, self._wanted_ms = each, least, wanted_ms
        self._under_way: Counter[str] = Counter()
        self._places = float(max(4 * least, each))
        self._calm_after = 0
        self._usual_ms = _FIRST_GUESS_MS
        self._quickest_body_ms: dict[str, float] = {}

    @contextmanager
    def place(self, camera_id: str) -> Iterator[None]:
        """Hold a place.

        Raises
        ------
        QueueFull
            The camera has all of its own, or all are taken and it has its share of them.
        """
        mine = self._under_way[camera_id]
        full = self.total >= self.places and mine >= self._share(camera_id)
        if full or mine >= self._each or self.total >= _MOST:
            self._forget_idle(camera_id)
            raise QueueFull(
                f"expected at most {mine} frames of {camera_id} under way, got one more: "
                f"send it again in {self.retry_after_ms} ms"
            )
        self._under_way[camera_id] += 1
        try:
            yield
        finally:
            self._under_way[camera_id] -= 1
            self._forget_idle(camera_id)

    def took(self, camera_id: str, body_ms: float, rest_ms: float) -> None:
        """Learn from an answer how many places there may be, and when to come again.

        Parameters
        ----------
        camera_id : str
        body_ms : float
            How long its body took to come.
        rest_ms : float
            From the body's last byte to the answer.
        """
        self._usual_ms += _SHARE_OF_NEW * (body_ms + rest_ms - self._usual_ms)
        self._calm_after -= 1
        if self._delay_ms(camera_id, body_ms) + rest_ms <= self._wanted_ms:
            if self.total >= self.places - 1:
                self._places += 1 / self._places
        elif self._calm_after <= 0:
            # Those under way were let in before; only what comes after them tells whether it was enough.
            self._places = max(_FEWER * self._places, self._least)
            self._calm_after = self.total

    def _delay_ms(self, camera_id: str, body_ms: float) -> float:
        """By how much a body came later than the camera's quickest lately."""
        quickest = min(body_ms, _FORGETTING * self._quickest_body_ms.get(camera_id, body_ms))
        if len(self._quickest_body_ms) >= _MOST:
            self._quickest_body_ms.clear()
        self._quickest_body_ms[camera_id] = quickest
        return body_ms - quickest

    @property
    def places(self) -> int:
        """Frames of all cameras that may be under way."""
        return int(self._places)

    @property
    def retry_after_ms(self) -> int:
        """When a place is likely to be free."""
        return max(math.ceil(self._usual_ms), 1)

    @property
    def total(self) -> int:
        """Frames under way, of all cameras."""
        return self._under_way.total()

    def of(self, camera_id: str) -> int:
        """Frames of a camera under way."""
        return self._under_way.get(camera_id, 0)

    def _share(self, camera_id: str) -> int:
        """A camera's share of the places, whatever the others have taken."""
        cameras = len(self._under_way) + (camera_id not in self._under_way)
        return max(self.places // cameras, 1)

    def _forget_idle(self, camera_id: str) -> None:
        if not self._under_way[camera_id]:
            del self._under_way[camera_id]
