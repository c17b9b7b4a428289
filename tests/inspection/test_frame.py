"""Frames and the sizes they may have."""

import numpy as np
import pytest

from inspection.errors import FrameTooLarge, InconsistentFrame
from inspection.frame import DEFAULT_LIMITS, SMALLEST_SIDE_PX, Frame, FrameLimits


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 8), (np.uint16, 12), (np.uint16, 16)])
def test_full_scale_comes_from_the_bits_and_not_from_the_values(dtype, bits) -> None:
    frame = Frame(np.zeros((20, 30), dtype), bits)
    assert frame.full_scale_gl == 2**bits - 1
    assert (frame.rows, frame.columns) == (20, 30)


def test_pixels_of_a_frame_cannot_be_changed() -> None:
    pixels = np.zeros((20, 30), np.uint8)
    frame = Frame(pixels)
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0, 0] = 1


@pytest.mark.parametrize(
    ("shape", "dtype", "bits"),
    [
        ((20, 30, 3), np.uint8, 8),
        ((20,), np.uint8, 8),
        ((20, 30), np.float32, 8),
        ((20, 30), np.int16, 12),
        ((20, 30), np.uint8, 12),
        ((20, 30), np.uint8, 7),
        ((20, 30), np.uint16, 17),
    ],
)
def test_what_is_no_grey_picture_is_refused(shape, dtype, bits) -> None:
    with pytest.raises(InconsistentFrame, match="expected"):
        Frame(np.zeros(shape, dtype), bits)


@pytest.mark.parametrize(
    ("columns", "rows"),
    [(SMALLEST_SIDE_PX, SMALLEST_SIDE_PX), (32_768, 2048), (4096, 16_384), (8192, 8192)],
)
def test_frames_at_the_limits_are_taken(columns, rows) -> None:
    DEFAULT_LIMITS.check(columns, rows)


@pytest.mark.parametrize(("columns", "rows"), [(15, 100), (100, 15), (0, 0), (-5, 100)])
def test_frames_too_small_to_inspect_are_refused(columns, rows) -> None:
    with pytest.raises(InconsistentFrame, match="more lines"):
        DEFAULT_LIMITS.check(columns, rows)


@pytest.mark.parametrize(("columns", "rows"), [(32_769, 16), (16, 16_385), (32_768, 2049), (10**9, 10**9)])
def test_frames_too_large_for_memory_are_refused(columns, rows) -> None:
    with pytest.raises(FrameTooLarge, match="fewer lines"):
        DEFAULT_LIMITS.check(columns, rows)


def test_an_installation_may_set_its_own_limits() -> None:
    with pytest.raises(FrameTooLarge):
        FrameLimits(max_columns=100).check(101, 50)
