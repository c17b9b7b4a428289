"""Whole frames on disk and small ones in memory."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.frame import Frame
from service.images import Images, Picture, small_jpeg
from service.picture_files import PictureFiles
from service.settings import Settings

HASH = bytes(range(16))


def picture(pixels: NDArray[Any], bits: int = 8, number: int = 1, pixel_hash: bytes = HASH) -> Picture:
    return Picture(f"{number:016x}", "cam-1", pixel_hash, lambda: Frame(pixels, bits), lambda: None)


def grey(seed: int = 0, bits: int = 8) -> NDArray[Any]:
    kind = np.uint8 if bits == 8 else np.uint16
    return np.random.default_rng(seed).integers(0, 1 << bits, (64, 2048), dtype=kind)


def images(folder: Path, on_preview: Callable[[str], None] = print, **settings: Any) -> Images:
    return Images(
        Settings(data_dir=folder, **settings),
        PictureFiles(folder),
        has_room=lambda: True,
        on_preview=on_preview,
    )


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_frame_that_did_not_pass_is_kept_without_loss(tmp_path: Path, bits: int) -> None:
    kept, pixels = images(tmp_path), grey(bits=bits)
    assert kept.offer(picture(pixels, bits), passed=False, at_s=0, seen=True)
    kept.close()
    loaded = kept.load(HASH)
    assert loaded is not None
    assert loaded.dtype == pixels.dtype
    np.testing.assert_array_equal(loaded, pixels)


def test_one_in_n_frames_that_passed_is_kept(tmp_path: Path) -> None:
    kept = images(tmp_path, keep_one_passed_in=3, image_queue_frames=16)
    for number in range(1, 10):
        kept.offer(
            picture(grey(number), number=number, pixel_hash=bytes([number] * 16)), passed=True, at_s=number, seen=True
        )
    kept.close()
    assert [number for number in range(1, 10) if kept.load(bytes([number] * 16)) is not None] == [3, 6, 9]


def test_a_full_queue_drops_pictures_and_counts_them(tmp_path: Path) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def stuck(_: str) -> None:
        entered.set()
        go_on.wait(5)

    kept = images(tmp_path, stuck, image_queue_frames=1)
    assert kept.offer(picture(grey(1), number=1), passed=False, at_s=0, seen=True)
    assert entered.wait(5)
    assert kept.offer(picture(grey(2), number=2, pixel_hash=bytes(16)), passed=False, at_s=0, seen=True)
    assert not kept.offer(picture(grey(3), number=3), passed=False, at_s=0, seen=True)
    assert kept.dropped == 1
    go_on.set()
    kept.close()


def test_nothing_is_written_on_a_nearly_full_disk(tmp_path: Path) -> None:
    files = PictureFiles(tmp_path)
    kept = Images(Settings(data_dir=tmp_path), files, has_room=lambda: False, on_preview=print)
    kept.offer(picture(grey()), passed=False, at_s=0, seen=True)
    kept.close()
    assert (kept.dropped, kept.load(HASH)) == (1, None)


def test_a_damaged_file_is_found_out(tmp_path: Path) -> None:
    kept = images(tmp_path)
    kept.offer(picture(grey()), passed=False, at_s=0, seen=True)
    kept.close()
    (path,) = tmp_path.glob("images/flagged/*/*.npy.zst")
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    with pytest.raises(ValueError, match="damaged"):
        kept.load(HASH)


def test_previews_of_the_latest_frames_only(tmp_path: Path) -> None:
    seen: list[str] = []
    kept = images(tmp_path, seen.append, previews=2)
    for number in range(3):
        kept.offer(picture(grey(number), number=number), passed=False, at_s=0, seen=True)
    kept.close()
    assert [kept.preview(frame_id) is not None for frame_id in seen] == [False, True, True]


def test_frames_that_passed_are_shown_a_few_times_a_second(tmp_path: Path) -> None:
    kept = images(tmp_path)
    taken = [kept.offer(picture(grey(n), number=n), passed=True, at_s=0.05 * n, seen=True) for n in range(12)]
    kept.close()
    assert sum(taken) == 3


def test_a_preview_is_as_bright_as_its_frame_whatever_the_bits() -> None:
    deep = np.full((64, 2048), 2048, np.uint16)
    shown = cv2.imdecode(np.frombuffer(small_jpeg(deep, 12), np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown is not None
    assert shown.shape == (32, 1024)
    assert abs(int(shown.mean()) - 128) <= 1


def test_a_picture_that_cannot_be_made_keeps_no_other_from_being_kept(tmp_path: Path) -> None:
    kept, released = images(tmp_path), []

    def fails() -> Frame:
        raise MemoryError

    odd = Picture("0" * 16, "cam-1", bytes(16), fails, lambda: released.append("odd"))
    assert kept.offer(odd, passed=False, at_s=0, seen=True)
    assert kept.offer(picture(grey()), passed=False, at_s=0, seen=True)
    kept.close()
    assert (released, kept.dropped, kept.kept) == (["odd"], 1, 1)


def test_the_longest_frame_has_a_small_picture() -> None:
    assert small_jpeg(np.zeros((131_072, 16), np.uint8), 8)
