"""Whole frames in files, by tier: what a picture is kept for decides how long.

    DATA/images/flagged/ab/ab12....npy.zst     frames that did not pass
    DATA/images/passed/ab/ab12....npy.zst      samples of those that did

A picture lies under the hash of its pixels, so frames of the same pixels share one file; its time of change is
that of the newest frame that needed it. Tier and age are therefore known without asking the database, and a
round over all pictures takes one small folder at a time.

Files are NumPy's own format inside a zstd frame (`.npy.zst`): it keeps 8 to 16 bits without loss, carries
shape, type and a checksum, and of what was tried costs least for its size. One 4 Mpx frame, 8 bits: zstd
level 1 takes 5 ms for 46 % of the bytes, PNG at its fastest 105 ms for 58 %, TIFF with LZW 53 ms for 63 %,
plain TIFF 1 ms for all of them.
"""

import io
import os
import threading
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path

import numpy as np
import zstandard

from inspection.frame import Pixels

PICTURES = "images"
"""The folder's name in the station's folder."""

SHARDS = 256
"""Folders of a tier, by the hash's first byte."""


class Tier(StrEnum):
    """What a picture is kept for; where frames of both want it, it lies in both."""

    FLAGGED = "flagged"
    PASSED = "passed"


class PictureFiles:
    """The pictures of one station; may be used from any thread.

    Parameters
    ----------
    data_dir : Path
        The station's folder.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / PICTURES
        self._lock = threading.Lock()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._adopt_untiered()

    def keep(self, pixel_hash: bytes, pixels: Pixels, tier: Tier) -> None:
        """Write a picture, or note that one more frame needs it.

        It is written under another name first: a file of the right name is whole. No fsync: records never
        wait for pictures, and after a power cut the checksum tells.

        Raises
        ------
        OSError
        """
        path = self._path(pixel_hash, tier)
        if self._needed_again(path):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        try:
            unfinished.write_bytes(_packed(pixels))
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def has(self, pixel_hash: bytes) -> bool:
        """Tell whether a picture was kept."""
        return any(self._path(pixel_hash, tier).exists() for tier in Tier)

    def load(self, pixel_hash: bytes) -> Pixels | None:
        """Return the pixels of a kept frame, None when it was not kept.

        Raises
        ------
        ValueError
            The file is damaged.
        """
        packed = self._read(pixel_hash)
        if packed is None:
            return None
        try:
            unpacked = zstandard.ZstdDecompressor().decompress(packed)
        except zstandard.ZstdError as problem:
            raise ValueError(f"the picture {pixel_hash.hex()} is damaged: {problem}") from problem
        pixels: Pixels = np.load(io.BytesIO(unpacked), allow_pickle=False)
        return pixels

    def prune(self, tier: Tier, shard: int, before_s: float, most: int) -> int:
        """Remove pictures that no frame has needed since a moment; return how many.

        Parameters
        ----------
        tier : Tier
        shard : int
            Which of the tier's `SHARDS` folders.
        before_s : float
            Seconds since 1970.
        most : int
            No more are removed at once.
        """
        folder = self._folder / tier / f"{shard:02x}"
        return sum(self._removed(path, before_s) for path in islice(_older(folder, before_s), most))

    def _needed_again(self, path: Path) -> bool:
        with self._lock:
            try:
                os.utime(path)
            except FileNotFoundError:
                return False
            return True

    def _removed(self, path: Path, before_s: float) -> bool:
        """Look again before removing: another frame may have come to need it."""
        with self._lock:
            if path.stat().st_mtime >= before_s:
                return False
            path.unlink()
            return True

    def _read(self, pixel_hash: bytes) -> bytes | None:
        for tier in Tier:
            try:
                return self._path(pixel_hash, tier).read_bytes()
            except FileNotFoundError:
                continue
        return None

    def _path(self, pixel_hash: bytes, tier: Tier) -> Path:
        name = pixel_hash.hex()
        return self._folder / tier / name[:2] / f"{name}.npy.zst"

    def _adopt_untiered(self) -> None:
        """Pictures were kept without a tier once; nearly all of them are of frames that did not pass."""
        for folder in self._folder.glob("[0-9a-f][0-9a-f]"):
            (self._folder / Tier.FLAGGED).mkdir(exist_ok=True)
            folder.rename(self._folder / Tier.FLAGGED / folder.name)


def _older(folder: Path, before_s: float) -> Iterator[Path]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    yield from (Path(entry.path) for entry in entries if entry.stat().st_mtime < before_s)


def _packed(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    np.save(file, pixels, allow_pickle=False)
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(file.getbuffer())
