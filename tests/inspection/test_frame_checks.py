"""Every reason to hold a frame shows up when it is there, and none when it is not."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from inspection.flat_field import FlatFieldSettings, measure_light
from inspection.frame import Frame
from inspection.frame_checks import FrameCheckSettings, check_frame, edge_sharpness
from inspection.kernels.reading import COATED
from inspection.pipeline import light_windows
from inspection.synthetic.plan import exactly, mixed
from inspection.web import Web, WebSettings, bands_in, find_web


def reasons(pixels, line, settings=None):
    frame, windows = Frame(pixels, line.bits), light_windows(line.calibration)
    light = measure_light(frame.pixels, windows, FlatFieldSettings())
    web = find_web(frame.pixels, light, windows, line.calibration, WebSettings())
    return check_frame(frame, light, web, line.calibration, settings or FrameCheckSettings())


@pytest.mark.parametrize("line", ["graphite", "deep", "skipped"])
@pytest.mark.parametrize("index", range(4))
def test_a_clean_frame_is_fit(request, line, index) -> None:
    line = request.getfixturevalue(line)
    assert reasons(line.drawn(index=index, seed=6).frame.pixels, line) == ()


@pytest.mark.parametrize("plan", [exactly(10), mixed(10)])
@pytest.mark.parametrize("index", range(3))
def test_defects_are_no_reason_to_hold(graphite, plan, index) -> None:
    assert reasons(graphite.drawn(plan, index).frame.pixels, graphite) == ()


def dim(pixels):
    return (pixels * 0.5).astype(pixels.dtype)


def bright(pixels):
    return np.clip(pixels * 1.5, 0, 255).astype(np.uint8)


def overexposed(pixels):
    return np.where(pixels > 120, 255, pixels).astype(np.uint8)


def lost_line(pixels):
    lost = pixels.copy()
    lost[101] = 0
    return lost


def repeated_line(pixels):
    repeated = pixels.copy()
    repeated[101] = repeated[100]
    return repeated


def blurred(pixels):
    return cv2.GaussianBlur(pixels, (0, 0), 6)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (dim, "too dark: lamp at"), (bright, "too bright: lamp at 1"), (overexposed, "overexposed"),
        (lost_line, "lines lost: 1 of"), (repeated_line, "lines repeated: 1 of"), (blurred, "blurred"),
    ],
)  # fmt: skip
def test_each_fault_is_told_in_plain_words_and_alone(graphite, spoil, told) -> None:
    given = reasons(spoil(graphite.drawn().frame.pixels), graphite)
    assert given[0].startswith(told)
    assert len(given) == 1


@pytest.mark.parametrize(
    ("spoil", "lenient"),
    [
        (dim, {"lowest_lamp": 0.4}), (bright, {"highest_lamp": 1.6}),
        (overexposed, {"largest_saturated_share": 0.9}), (lost_line, {"most_lost_lines": 1}),
        (repeated_line, {"most_lost_lines": 1}), (blurred, {"lowest_focus": 0.1}),
    ],
)  # fmt: skip
def test_each_limit_is_the_recipes(graphite, spoil, lenient) -> None:
    settings = FrameCheckSettings(**lenient)
    assert reasons(spoil(graphite.drawn().frame.pixels), graphite, settings) == ()


@pytest.mark.parametrize("row", [0, 1, 200, 383])
@pytest.mark.parametrize("seed", range(3))
def test_a_lost_line_is_seen_wherever_it_lies(graphite, row, seed) -> None:
    pixels = graphite.drawn(seed=seed).frame.pixels.copy()
    pixels[row] = 0
    assert any(reason.startswith("lines lost: 1 of") for reason in reasons(pixels, graphite))


def test_lost_lines_are_not_also_told_as_repeated(graphite) -> None:
    pixels = graphite.drawn().frame.pixels.copy()
    pixels[100:110] = 0
    (reason,) = reasons(pixels, graphite)
    assert reason.startswith("lines lost: 10 of")


def test_a_line_that_stays_the_same_is_counted_each_time(graphite) -> None:
    pixels = graphite.drawn().frame.pixels.copy()
    pixels[51:56] = pixels[50]
    assert reasons(pixels, graphite) == ("lines repeated: 5 of 384 equal the line before",)


def test_saturation_is_that_of_the_depth(deep) -> None:
    pixels = deep.drawn().frame.pixels.copy()
    assert pixels.max() > 255
    pixels[:, :50] = 4095
    assert reasons(pixels, deep)[0].startswith("overexposed")


def gaussian_edge(blur_px, rows=128):
    """A frame with one edge of that blur, and the web that knows where it is."""
    step = np.zeros((rows, 256), np.float32)
    step[:, 128:] = 1
    pixels = np.rint(60 + 150 * cv2.GaussianBlur(step, (0, 0), blur_px)).astype(np.uint8)
    edges = np.tile(np.array([[[128.0], [256.0]]]), bands_in(rows))
    states = np.full((bands_in(rows), 1), COATED, np.int8)
    return pixels, Web(edges, edges, np.array([[False, True]]), np.zeros((1, 2), bool), states, (((0, rows),),))


@pytest.mark.parametrize("blur_px", [1.0, 2.0, 3.0])
def test_sharpness_of_a_gaussian_edge_is_the_inverse_of_its_blur(blur_px) -> None:
    assert edge_sharpness(*gaussian_edge(blur_px)) == pytest.approx(1 / (2 * np.sqrt(np.pi) * blur_px), rel=0.05)


def test_without_an_edge_in_sight_there_is_no_sharpness() -> None:
    pixels, web = gaussian_edge(1.0)
    assert np.isnan(edge_sharpness(pixels, replace(web, open_edges=np.array([[True, True]]))))


@pytest.mark.parametrize("rows", [16, 24, 25, 31, 32, 40, 57, 63, 64, 89, 95, 383, 385])
def test_sharpness_reads_nothing_beyond_the_frame(rows) -> None:
    """The rows behind the last one in memory are somebody else's."""
    pixels, web = gaussian_edge(1.5, rows)
    seen = []
    for beyond in (pixels[0], np.roll(pixels[0], 4)):
        memory = np.vstack([pixels, np.tile(beyond, (64, 1))])
        seen.append(edge_sharpness(memory[:rows], web))
    np.testing.assert_equal(seen[0], seen[1])
