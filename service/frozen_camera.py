"""A frozen camera: noise never repeats itself, so identical pixels were not seen anew."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeAlias

from service.store.entries import FrameKey

Seen: TypeAlias = tuple[FrameKey, bytes]

REMEMBERED_FRAMES = 64
"""Per camera; frames of several connections arrive in any order, but not further apart than this."""

_MOST_CAMERAS = 1024


class FrozenCamera:
    """Remembers the latest pixels of each camera; belongs to the event loop.

    Parameters
    ----------
    before : callable
        Frames of a camera from before this station was started, oldest first.
    """

    def __init__(self, before: Callable[[str], Iterable[Seen]]) -> None:
        self._before = before
        self._seen: dict[str, deque[Seen]] = {}
        self._lock = threading.Lock()

    def know(self, camera_id: str) -> None:
        """Look up a camera's frames from before; may be called from any thread, comes before its first frame."""
        with self._lock:
            if camera_id not in self._seen:
                if len(self._seen) >= _MOST_CAMERAS:
                    self._seen.pop(next(iter(self._seen)))
                self._seen[camera_id] = deque(self._before(camera_id), REMEMBERED_FRAMES)

    def holds(self, key: FrameKey, pixel_hash: bytes) -> tuple[str, ...]:
        """Tell why the frame cannot be trusted, if it cannot, and remember it."""
        seen = self._seen.get(key.camera_id)
        if seen is None:  # forgotten since: more cameras call themselves one than a line can have
            seen = self._seen[key.camera_id] = deque(maxlen=REMEMBERED_FRAMES)
        twin = _twin(key, pixel_hash, seen)
        seen.append((key, pixel_hash))
        return (f"frozen camera: pixels identical to frame {twin.sequence}",) if twin else ()


def _twin(key: FrameKey, pixel_hash: bytes, seen: deque[Seen]) -> FrameKey | None:
    """Find the frame received just before, or a neighbour on the roll, that has the same pixels."""
    if all(its_hash != pixel_hash for _, its_hash in seen):  # nearly always; keys cost ten times as much to compare
        return None
    others = [(other, its_hash) for other, its_hash in seen if other != key]
    for other, its_hash in others:
        beside = other.roll_id == key.roll_id and abs(other.sequence - key.sequence) == 1
        if its_hash == pixel_hash and (beside or other is others[-1][0]):
            return other
    return None
