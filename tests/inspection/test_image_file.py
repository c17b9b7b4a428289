"""Image files come back as they were written, and hostile ones get one typed error, quickly."""

import contextlib
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.errors import CorruptFrame, FrameError, FrameTooLarge, InconsistentFrame, UnknownFormat
from inspection.frame import FrameLimits
from inspection.image_file import content_matches, decode_image, encode_png, read_image

GREY8 = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (40, 60), np.uint8), (0, 0), 2)
GREY16 = (GREY8.astype(np.uint16) << 8) + GREY8[::-1]
LZW, DEFLATE, UNCOMPRESSED = 5, 8, 1


def encoded(ending, pixels, *options):
    return cv2.imencode(ending, pixels, list(options))[1].tobytes()


def tiff(pixels, compression):
    return encoded(".tiff", pixels, cv2.IMWRITE_TIFF_COMPRESSION, compression)


FILES = {
    "png": encoded(".png", GREY8),
    "png 16": encoded(".png", GREY16),
    "tiff": tiff(GREY8, UNCOMPRESSED),
    "tiff 16": tiff(GREY16, UNCOMPRESSED),
    "tiff lzw": tiff(GREY16, LZW),
    "tiff deflate": tiff(GREY16, DEFLATE),
    "bmp": encoded(".bmp", GREY8),
    "jpeg": encoded(".jpg", GREY8),
    "jpeg progressive": encoded(".jpg", GREY8, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
}


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_with(*chunks):
    return FILES["png"][:33] + b"".join(chunks) + FILES["png"][33:]


def png_of_size(columns, rows):
    body = bytearray(FILES["png"])
    body[16:24] = struct.pack(">II", columns, rows)
    body[29:33] = struct.pack(">I", zlib.crc32(body[12:29]))
    return bytes(body)


def tiff_field(body, name):
    """Offset of a field in a little-endian file's directory."""
    (directory,) = struct.unpack_from("<I", body, 4)
    (count,) = struct.unpack_from("<H", body, directory)
    places = [directory + 2 + 12 * number for number in range(count)]
    return next(at for at in places if struct.unpack_from("<H", body, at)[0] == name)


def tiff_with(name, value, *, count=1):
    body = bytearray(FILES["tiff"])
    struct.pack_into("<II", body, tiff_field(body, name) + 4, count, value)
    return bytes(body)


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("jpeg")])
def test_lossless_files_come_back_pixel_by_pixel(name):
    frame = decode_image(FILES[name])
    wanted = GREY16 if frame.bits == 16 else GREY8
    assert ("16" in name or "lzw" in name or "deflate" in name) == (frame.bits == 16)
    np.testing.assert_array_equal(frame.pixels, wanted)


@pytest.mark.parametrize("name", ["jpeg", "jpeg progressive"])
def test_jpeg_comes_back_nearly(name):
    frame = decode_image(FILES[name])
    assert frame.bits == 8
    assert np.abs(frame.pixels.astype(int) - GREY8).max() <= 6


@pytest.mark.parametrize("ending", [".png", ".tiff", ".bmp"])
def test_grey_saved_as_colour_is_the_same_grey(ending):
    frame = decode_image(encoded(ending, cv2.cvtColor(GREY8, cv2.COLOR_GRAY2BGR)))
    np.testing.assert_array_equal(frame.pixels, GREY8)


def test_sixteen_bit_colour_stays_sixteen_bit():
    frame = decode_image(encoded(".png", cv2.cvtColor(GREY16, cv2.COLOR_GRAY2BGR)))
    assert frame.bits == 16
    np.testing.assert_array_equal(frame.pixels, GREY16)


@pytest.mark.parametrize("name", FILES)
def test_no_truncated_file_is_taken(name):
    body = FILES[name]
    for length in range(0, len(body), 3):
        with pytest.raises(FrameError):
            decode_image(body[:length])


@pytest.mark.parametrize("turn", [3, 6])
def test_a_note_on_turning_is_not_heeded(turn):
    exif = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHIHH", 0x112, 3, 1, turn, 0) + bytes(4)
    segment = b"Exif\0\0" + exif
    jpeg = FILES["jpeg"]
    turned = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:]
    np.testing.assert_array_equal(decode_image(turned).pixels, decode_image(jpeg).pixels)
    np.testing.assert_array_equal(decode_image(png_with(png_chunk(b"eXIf", exif))).pixels, GREY8)


@pytest.mark.parametrize(
    "told", [(b"gAMA", struct.pack(">I", 20_000)), (b"cICP", bytes([9, 16, 0, 1]))], ids=["gAMA", "cICP"]
)
def test_a_note_on_brightness_changes_no_grey_level(told):
    np.testing.assert_array_equal(decode_image(png_with(png_chunk(*told))).pixels, GREY8)


@pytest.mark.parametrize("body", [b"", b"GIF89a" + bytes(40), b"plain text, no image", b"PK\3\4" + bytes(40)])
def test_what_is_no_image_is_told_so(body):
    with pytest.raises(UnknownFormat, match="image/png"):
        decode_image(body)


@pytest.mark.parametrize(
    "size", [(100_000, 100_000), (32_769, 16), (16, 16_385), (20_000, 10_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_by_its_header(size):
    with pytest.raises(FrameTooLarge):
        decode_image(png_of_size(*size))


@pytest.mark.parametrize("size", [(0, 40), (60, 0), (15, 40), (60, 15)])
def test_a_frame_too_short_to_inspect_is_refused(size):
    with pytest.raises(InconsistentFrame):
        decode_image(png_of_size(*size))


def test_other_limits_are_kept():
    with pytest.raises(FrameTooLarge):
        decode_image(FILES["png"], FrameLimits(max_columns=59))


def test_png_of_another_size_than_its_pixels_is_corrupt():
    with pytest.raises(CorruptFrame):
        decode_image(png_of_size(60, 41))


def test_png_with_a_flipped_bit_is_corrupt():
    body = bytearray(FILES["png"])
    body[len(body) // 2] ^= 1
    with pytest.raises(CorruptFrame, match="CRC"):
        decode_image(bytes(body))


@pytest.mark.parametrize("name", [b"tRNS", b"acTL", b"fcTL", b"fdAT"])
def test_png_of_more_than_one_opaque_picture_is_refused(name):
    with pytest.raises(UnknownFormat, match=name.decode()):
        decode_image(png_with(png_chunk(name, bytes(26))))


def test_png_with_alpha_is_refused():
    with pytest.raises(UnknownFormat, match="transparency"):
        decode_image(encoded(".png", cv2.cvtColor(GREY8, cv2.COLOR_GRAY2BGRA)))


def test_millions_of_empty_parts_hold_nothing_up():
    with pytest.raises(CorruptFrame, match="at most"):
        decode_image(png_with(png_chunk(b"tEXt", b"") * 100_000))
    with pytest.raises(CorruptFrame, match="at most"):
        decode_image(FILES["jpeg"][:2] + b"\xff\xfe\0\2" * 100_000 + FILES["jpeg"][2:])


def test_jpeg_of_absurdly_many_scans_is_refused():
    body = FILES["jpeg progressive"]
    last = body[body.rindex(b"\xff\xda") : -2]
    with pytest.raises(CorruptFrame, match="scans"):
        decode_image(body[:-2] + last * 40 + body[-2:])


def test_jpeg_cut_off_behind_a_preview_is_corrupt():
    # A camera's preview is a JPEG within the JPEG: its end marker is not the file's.
    preview = FILES["jpeg"]
    segment = b"\xff\xe1" + struct.pack(">H", len(preview) + 2) + preview
    whole = preview[:2] + segment + preview[2:]
    np.testing.assert_array_equal(decode_image(whole).pixels, decode_image(preview).pixels)
    with pytest.raises(CorruptFrame, match="end marker"):
        decode_image(whole[:-40])


def test_tiff_strip_that_does_not_inflate_is_corrupt():
    body = bytearray(FILES["tiff deflate"])
    begin = body.index(b"\x78", 8)
    body[begin + 60 : begin + 90] = bytes(30)
    with pytest.raises(CorruptFrame, match="inflate"):
        decode_image(bytes(body))


def test_tiff_strip_of_too_few_rows_is_corrupt():
    body = FILES["tiff deflate"]
    at = tiff_field(body, 273)
    assert struct.unpack_from("<I", body, at + 4)[0] == 1, "this test needs a file of one strip"
    short = zlib.compress(GREY16.tobytes()[:2400])
    changed = bytearray(body) + short
    struct.pack_into("<I", changed, at + 8, len(body))
    size = tiff_field(body, 279)
    struct.pack_into("<HII", changed, size + 2, 4, 1, len(short))
    with pytest.raises(CorruptFrame, match="inflates to"):
        decode_image(bytes(changed))


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        (258, 32, UnknownFormat),
        (259, 7, UnknownFormat),
        (262, 0, UnknownFormat),
        (273, 10**9, CorruptFrame),
        (279, 10, CorruptFrame),
        (256, 100_000, FrameTooLarge),
    ],
)
def test_tiff_that_would_be_misread_is_refused(name, value, error):
    with pytest.raises(error):
        decode_image(tiff_with(name, value))


def test_tiff_that_asks_to_be_turned_is_refused():
    stream = io.BytesIO()
    tifffile.imwrite(stream, GREY8, extratags=[(274, "H", 1, 6, False)])
    with pytest.raises(UnknownFormat, match="orientation 6"):
        decode_image(stream.getvalue())


def test_tiff_that_claims_millions_of_strips_is_refused_before_they_are_read():
    body = tiff_with(273, 8, count=20_000_000) + bytes(80_000_008)
    with pytest.raises(CorruptFrame, match="1 to 65536"):
        decode_image(body)


def test_bmp_whose_pixels_overlap_its_palette_is_corrupt():
    body = bytearray(FILES["bmp"])
    struct.pack_into("<I", body, 10, 60)
    with pytest.raises(CorruptFrame, match="header of 1078"):
        decode_image(bytes(body))


def test_bmp_stored_upside_down_comes_the_right_way_up():
    body = bytearray(FILES["bmp"])
    struct.pack_into("<i", body, 22, -40)
    np.testing.assert_array_equal(decode_image(bytes(body)).pixels, GREY8[::-1])


@settings(max_examples=400, deadline=1000)
@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.integers(0, 399), st.binary(min_size=1, max_size=4)), max_size=3),
)
def test_damage_gives_a_frame_of_allowed_size_or_a_frame_error(name, damages):
    body = bytearray(FILES[name])
    for at, octets in damages:
        # The ends are where the headers and directories are.
        place = at if at < 200 else len(body) - (at - 196)
        body[place : place + len(octets)] = octets
    with contextlib.suppress(FrameError):
        frame = decode_image(bytes(body))
        assert frame.pixels.size <= 64 << 20


def test_label_and_contents_must_agree():
    content_matches(FILES["png"], "image/png")
    with pytest.raises(CorruptFrame, match="got image/png"):
        content_matches(FILES["png"], "image/jpeg")
    with pytest.raises(UnknownFormat, match="image/webp"):
        content_matches(FILES["png"], "image/webp")


def test_reading_names_the_file(tmp_path):
    path = tmp_path / "frame.png"
    path.write_bytes(FILES["png 16"])
    np.testing.assert_array_equal(read_image(path).pixels, GREY16)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(UnknownFormat, match=r"frame\.png"):
        read_image(path)
    with pytest.raises(FrameError, match=r"missing\.png: No such file"):
        read_image(tmp_path / "missing.png")
    with pytest.raises(FrameError, match="directory"):
        read_image(tmp_path)


def test_encoding_is_lossless_and_refuses_what_it_cannot_keep():
    np.testing.assert_array_equal(decode_image(encode_png(GREY16)).pixels, GREY16)
    for pixels in (GREY8[None], GREY8.astype(np.float32), GREY8[:0]):
        with pytest.raises(InconsistentFrame):
            encode_png(pixels)


def test_opencv_itself_refuses_what_is_over_the_limit_it_was_started_with(tmp_path):
    path = tmp_path / "frame.png"
    path.write_bytes(encoded(".png", np.zeros((64, 64), np.uint8)))
    program = (
        "import service.cli as c; c._guard_decoders(4095); import inspection.pipeline; "
        "from pathlib import Path; from inspection.image_file import read_image; "
        f"read_image(Path({str(path)!r}))"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENCV_")}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "CorruptFrame" in ran.stderr
