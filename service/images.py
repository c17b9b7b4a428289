"""Whole frames in a folder, and small pictures of the latest ones in memory; both off the hot path.

A frame lies under the hash of its pixels, so the same pixels lie there once. Files are NumPy's own
format inside a zstd frame (`.npy.zst`): it keeps 8 to 16 bits without loss, carries shape, type and a
checksum, and of what was tried costs least for its size. One 4 Mpx frame, 8 bits: zstd level 1 takes
5 ms for 46 % of the bytes, PNG at its fastest 105 ms for 58 %, TIFF with LZW 53 ms for 63 %, plain TIFF
1 ms for all of them.
"""

import io
import logging
import queue
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import zstandard

from inspection.frame import Frame, Pixels
from service.settings import Settings

PREVIEW_WIDTH_PX = 1024
_JPEG_QUALITY = 80
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
    keep : bool
        For more than the moment.
    seen : bool
        Whether somebody looks; of what is kept a small picture can be made later.
    """

    frame_id: str
    camera_id: str
    pixel_hash: bytes
    decode: Callable[[], Frame]
    release: Callable[[], None]
    keep: bool = False
    seen: bool = False


class Images:
    """Writes frames and makes previews in a thread of its own.

    Parameters
    ----------
    settings : Settings
    on_preview : callable
        Told the id of each frame whose preview is there.
    """

    def __init__(self, settings: Settings, on_preview: Callable[[str], None]) -> None:
        self._folder = settings.data_dir / "images"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._free_bytes, self._most_previews = settings.keep_free_gib * 2**30, settings.previews
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
        keep = not passed or self._is_sample()
        if not (keep or self._is_due(picture.camera_id, at_s, _SHOW_EVERY_S if seen else _SHOW_UNSEEN_EVERY_S)):
            return False
        try:
            self._waiting.put_nowait(replace(picture, keep=keep, seen=seen))
        except queue.Full:
            self.dropped += keep
            return False
        self._shown_at_s[picture.camera_id] = at_s
        return True

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
        return frame_id in self._previews or self._path(pixel_hash).exists()

    def load(self, pixel_hash: bytes) -> Pixels | None:
        """Return the pixels of a kept frame, None when it was not kept.

        Raises
        ------
        ValueError
            The file is damaged.
        """
        try:
            packed = self._path(pixel_hash).read_bytes()
        except FileNotFoundError:
            return None
        try:
            unpacked = zstandard.ZstdDecompressor().decompress(packed)
        except zstandard.ZstdError as problem:
            raise ValueError(f"the picture {pixel_hash.hex()} is damaged: {problem}") from problem
        pixels: Pixels = np.load(io.BytesIO(unpacked), allow_pickle=False)
        return pixels

    def close(self) -> None:
        """Write what is waiting, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while picture := self._waiting.get():
            frame = picture.decode()
            if picture.seen or not picture.keep:
                self._show(picture, frame)
            if picture.keep:
                self._keep(picture, frame)
            del frame
            picture.release()

    def _show(self, picture: Picture, frame: Frame) -> None:
        self._previews[picture.frame_id] = small_jpeg(frame.pixels, frame.bits)
        while len(self._previews) > self._most_previews:
            self._previews.popitem(last=False)
        self._on_preview(picture.frame_id)

    def _keep(self, picture: Picture, frame: Frame) -> None:
        """Write under another name first: a file of the right name is whole.

        No fsync: records never wait for pictures, and after a power cut the checksum tells.
        """
        path = self._path(picture.pixel_hash)
        try:
            if shutil.disk_usage(self._folder).free < self._free_bytes:
                raise OSError("the disk is nearly full")
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(_packed(frame.pixels))
            unfinished.replace(path)
        except OSError as problem:
            _log.error("the picture of frame %s was not kept: %s", picture.frame_id, problem)
            self.dropped += 1
        else:
            self.kept += 1

    def _path(self, pixel_hash: bytes) -> Path:
        name = pixel_hash.hex()
        return self._folder / name[:2] / f"{name}.npy.zst"


def small_jpeg(pixels: Pixels, bits: int) -> bytes:
    """Shrink pixels of shape (rows, columns) to `PREVIEW_WIDTH_PX` columns and encode them as JPEG."""
    rows, columns = pixels.shape
    scale = min(PREVIEW_WIDTH_PX / columns, 1.0)
    size = max(round(columns * scale), 1), max(round(rows * scale), 1)
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint16)
    small = np.right_shift(small, bits - 8).astype(np.uint8)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()


def _packed(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    np.save(file, pixels, allow_pickle=False)
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(file.getbuffer())
