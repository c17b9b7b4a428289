"""Raw bodies come back as the grey levels the camera meant, or are refused with a reason."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import CorruptFrame, FrameTooLarge, InconsistentFrame, UnknownFormat
from inspection.frame import FrameLimits
from inspection.pixel_format import PixelFormat, body_bytes, frame_from_raw, parse


def packed(pixels, bits):
    """Pack plainly: every pixel's bits, least significant first, one after the other."""
    flat = [(int(pixel) >> bit) & 1 for pixel in pixels.ravel() for bit in range(bits)]
    return np.packbits(np.array(flat, np.uint8), bitorder="little").tobytes()


@pytest.mark.parametrize("name", ["Mono8", "Mono10", "Mono10p", "Mono12", "Mono12p", "Mono16", "RGB8", "BGR8"])
def test_formats_are_known_by_their_standard_names(name):
    assert parse(name).value == name


@pytest.mark.parametrize("name", ["mono8", "Mono12Packed", "Mono14", "", None])
def test_another_name_is_refused_with_the_right_ones(name):
    with pytest.raises(UnknownFormat, match="Mono8, Mono10, Mono10p"):
        parse(name)


def test_eight_bits_are_seen_without_a_copy():
    body = bytes(range(256)) * 4
    frame = frame_from_raw(body, 32, 32, PixelFormat.MONO8)
    assert np.shares_memory(frame.pixels, np.frombuffer(body, np.uint8))
    assert frame.pixels[1, 3] == 35


@pytest.mark.parametrize(("pixel_format", "bits"), [("Mono10", 10), ("Mono12", 12), ("Mono16", 16)])
def test_two_byte_formats_are_little_endian_and_never_rescaled(pixel_format, bits):
    levels = np.arange(16 * 16, dtype=np.uint16).reshape(16, 16)
    levels[0, 0] = (1 << bits) - 1
    frame = frame_from_raw(levels.astype("<u2").tobytes(), 16, 16, parse(pixel_format))
    assert (frame.bits, frame.full_scale_gl) == (bits, (1 << bits) - 1)
    np.testing.assert_array_equal(frame.pixels, levels)


@given(
    st.sampled_from([PixelFormat.MONO10P, PixelFormat.MONO12P]),
    st.integers(16, 33),
    st.integers(16, 19),
    st.integers(0, 2**32 - 1),
)
def test_packed_formats_agree_with_plain_unpacking(pixel_format, width, height, seed):
    levels = np.random.default_rng(seed).integers(0, 1 << pixel_format.bits, (height, width), np.uint16)
    frame = frame_from_raw(packed(levels, pixel_format.bits), width, height, pixel_format)
    assert frame.bits == pixel_format.bits
    np.testing.assert_array_equal(frame.pixels, levels)


def test_packed_formats_agree_over_many_blocks():
    levels = np.random.default_rng(3).integers(0, 4096, (300, 701), np.uint16)
    frame = frame_from_raw(packed(levels, 12), 701, 300, PixelFormat.MONO12P)
    np.testing.assert_array_equal(frame.pixels, levels)


def test_colours_are_weighed_by_their_order():
    colour = np.zeros((16, 16, 3), np.uint8)
    colour[..., 0] = 200
    red = frame_from_raw(colour.tobytes(), 16, 16, PixelFormat.RGB8).pixels[0, 0]
    blue = frame_from_raw(colour.tobytes(), 16, 16, PixelFormat.BGR8).pixels[0, 0]
    assert (red, blue) == (round(200 * 0.299), round(200 * 0.114))
    grey = np.random.default_rng(4).integers(0, 256, (16, 16), np.uint8)
    even = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).tobytes()
    np.testing.assert_array_equal(frame_from_raw(even, 16, 16, PixelFormat.BGR8).pixels, grey)


def test_a_body_may_begin_at_an_odd_address():
    levels = np.arange(256, dtype="<u2").reshape(16, 16)
    body = memoryview(b"x" + levels.tobytes())[1:]
    np.testing.assert_array_equal(frame_from_raw(body, 16, 16, PixelFormat.MONO16).pixels, levels)


@pytest.mark.parametrize(("pixel_format", "off"), list(itertools.product(PixelFormat, (-1, 1))))
def test_a_body_of_another_length_is_refused(pixel_format, off):
    body = bytes(body_bytes(pixel_format, 17, 16) + off)
    with pytest.raises(InconsistentFrame, match="17 x 16"):
        frame_from_raw(body, 17, 16, pixel_format)


@pytest.mark.parametrize(("pixel_format", "level"), [("Mono10", 1024), ("Mono12", 4096)])
def test_levels_that_the_format_cannot_hold_are_refused(pixel_format, level):
    body = np.full((16, 16), level, "<u2").tobytes()
    with pytest.raises(CorruptFrame, match=str(level)):
        frame_from_raw(body, 16, 16, parse(pixel_format))


@pytest.mark.parametrize("side", [0, -16, 16.0, True, "16", None])
def test_sides_that_are_no_whole_numbers_are_refused(side):
    with pytest.raises(InconsistentFrame):
        body_bytes(PixelFormat.MONO8, side, 16)
    with pytest.raises(InconsistentFrame):
        frame_from_raw(bytes(256), 16, side, PixelFormat.MONO8)


def test_limits_come_before_the_body():
    with pytest.raises(FrameTooLarge):
        frame_from_raw(b"", 10**9, 10**9, PixelFormat.MONO16)
    with pytest.raises(FrameTooLarge):
        frame_from_raw(bytes(17 * 16), 17, 16, PixelFormat.MONO8, FrameLimits(max_columns=16))
