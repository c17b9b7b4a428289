"""Pictures of frames: whole ones into files, small ones of the latest in memory; both off the hot path."""

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from inspection.frame import Frame, Pixels
from service.picture_files import PictureFiles, Tier
from service.settings import Settings

PREVIEW_WIDTH_PX = 1024
_JPEG_QUALITY = 80
_LONGEST_JPEG_PX = 65_500
_SHOW_EVERY_S, _SHOW_UNSEEN_EVERY_S = 0.25, 2.0
"""Of frames that passed, each camera's are shown no more often, while somebody looks or nobody; the others always.

A small picture of a 4 Mpx frame takes 4 ms: of four busy cameras, one in ten milliseconds of a core.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame that may be shown.

    Attributes
    ----------
    frame_id, camera_id : str
    pixel_hash : bytes
    decode : callable
        Makes the frame of its body once more.
    release : callable
        Told when the body is no longer needed.
    tier : Tier or None
        Where it is kept; None is for the moment only.
    seen : bool
        Whether somebody looks; of what is kept a small picture can be made later.
    """

    frame_id: str
    camera_id: str
    pixel_hash: bytes
    decode: Callable[[], Frame]
    release: Callable[[], None]
    tier: Tier | None = None
    seen: bool = False


class Images:
    """Writes frames and makes previews in a thread of its own.

    Parameters
    ----------
    settings : Settings
    files : PictureFiles
    has_room : callable
        Whether the disk has room for a picture.
    on_preview : callable
        Told the id of each frame whose preview is there.
    """

    def __init__(
        self,
        settings: Settings,
        files: PictureFiles,
        *,
        has_room: Callable[[], bool],
        on_preview: Callable[[str], None],
    ) -> None:
        self._files, self._has_room, self._most_previews = files, has_room, settings.previews
        self._keep_one_in, self._passed = settings.keep_one_passed_in, 0
        self._shown_at_s: dict[str, float] = {}
        self._on_preview = on_preview
        self._waiting: queue.Queue[Picture | None] = queue.Queue(settings.image_queue_frames)
        self._previews: OrderedDict[str, bytes] = OrderedDict()
        self._thread = threading.Thread(target=self._run, name="images", daemon=True)
        self.dropped = self.kept = 0
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Pictures that wait for the thread."""
        return self._waiting.qsize()

    def offer(self, picture: Picture, *, passed: bool, at_s: float, seen: bool) -> bool:
        """Hand a picture to the thread if it is wanted; return whether its body is in use from then on.

        One that finds the queue full is dropped, and counted if it should have been kept.

        Parameters
        ----------
        picture : Picture
        passed : bool
            Frames that did not pass are all kept.
        at_s : float
            Now, on any monotonic clock.
        seen : bool
            Whether somebody looks.
        """
        tier = self._tier(passed)
        if not (tier or self._is_due(picture.camera_id, at_s, _SHOW_EVERY_S if seen else _SHOW_UNSEEN_EVERY_S)):
            return False
        try:
            self._waiting.put_nowait(replace(picture, tier=tier, seen=seen))
        except queue.Full:
            self.dropped += tier is not None
            return False
        self._shown_at_s[picture.camera_id] = at_s
        return True

    def _tier(self, passed: bool) -> Tier | None:
        if not passed:
            return Tier.FLAGGED
        return Tier.PASSED if self._is_sample() else None

    def _is_sample(self) -> bool:
        self._passed += 1
        return self._keep_one_in > 0 and self._passed % self._keep_one_in == 0

    def _is_due(self, camera_id: str, at_s: float, every_s: float) -> bool:
        return at_s - self._shown_at_s.get(camera_id, float("-inf")) >= every_s

    def preview(self, frame_id: str) -> bytes | None:
        """Return a frame's small picture as JPEG while it is among the latest."""
        return self._previews.get(frame_id)

    def has(self, frame_id: str, pixel_hash: bytes) -> bool:
        """Tell whether a frame can be shown."""
        return frame_id in self._previews or self._files.has(pixel_hash)

    def load(self, pixel_hash: bytes) -> Pixels | None:
        """Return the pixels of a kept frame, None when it was not kept.

        Raises
        ------
        ValueError
            The file is damaged.
        """
        return self._files.load(pixel_hash)

    def close(self) -> None:
        """Write what is waiting, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while picture := self._waiting.get():
            try:
                self._make(picture)
            except Exception:  # one odd picture must not keep the thread from all others, and the station from its end
                _log.exception("the picture of frame %s could not be made", picture.frame_id)
                self.dropped += picture.tier is not None and not self._files.has(picture.pixel_hash)
            picture.release()

    def _make(self, picture: Picture) -> None:
        frame = picture.decode()
        if picture.tier:
            self._keep(picture, frame, picture.tier)
        if picture.seen or not picture.tier:
            self._show(picture, frame)

    def _show(self, picture: Picture, frame: Frame) -> None:
        self._previews[picture.frame_id] = small_jpeg(frame.pixels, frame.bits)
        while len(self._previews) > self._most_previews:
            self._previews.popitem(last=False)
        self._on_preview(picture.frame_id)

    def _keep(self, picture: Picture, frame: Frame, tier: Tier) -> None:
        try:
            if room := self._has_room():
                self._files.keep(picture.pixel_hash, frame.pixels, tier)
        except OSError as problem:
            _log.error("the picture of frame %s was not kept: %s", picture.frame_id, problem)
            room = False
        self.kept += room
        self.dropped += not room


def small_jpeg(pixels: Pixels, bits: int) -> bytes:
    """Shrink pixels of shape (rows, columns) to `PREVIEW_WIDTH_PX` columns and encode them as JPEG."""
    rows, columns = pixels.shape
    scale = min(PREVIEW_WIDTH_PX / columns, _LONGEST_JPEG_PX / rows, 1.0)
    size = max(round(columns * scale), 1), max(round(rows * scale), 1)
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint16)
    small = np.right_shift(small, bits - 8).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()
