"""Web that was not inspected, counted: each frame once however often it is refused, in metres where that is known."""

from collections import OrderedDict

from service.metrics import Metrics
from service.store.entries import FrameKey

_NUMBERS_KEPT = 4096
"""Latest refused numbers that are known again."""


class LostWeb:
    """Counts refused frames; belongs to the event loop.

    Parameters
    ----------
    metrics : Metrics
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._counted: OrderedDict[FrameKey, None] = OrderedDict()
        self._frame_m: dict[str, float] = {}

    def learn(self, camera_id: str, frame_m: float) -> None:
        """Learn how long a camera's frames are on the roll."""
        self._frame_m[camera_id] = frame_m

    def count(self, key: FrameKey, cause: str) -> None:
        """Count a frame that was not inspected; it is taken to be as long as its camera's latest."""
        if key in self._counted:
            return
        self._metrics.not_inspected(key.camera_id, cause, self._frame_m.get(key.camera_id))
        self._counted[key] = None
        if len(self._counted) > _NUMBERS_KEPT:
            self._counted.popitem(last=False)
