"""The second look, at full resolution, only where it is asked for."""

import cv2
import numpy as np
import pytest
from test_screening import screened

from inspection.frame import Frame
from inspection.geometry import Box
from inspection.segmentation import (
    STEPS_PER_SIGMA,
    SegmentationSettings,
    deviation,
    flooded,
    segment,
)
from inspection.synthetic.plan import probe_points


def dotted(line, *places, size=4, grey=255):
    """A clean frame with bright squares at these places."""
    pixels = line.drawn().frame.pixels.copy()
    for row, column in places:
        pixels[row : row + size, column : column + size] = grey
    return Frame(pixels)


def looked_at(frame, line):
    screening = screened(frame, line.calibration)
    return screening, segment(frame.pixels, screening, line.calibration)


def test_a_clean_frame_has_no_patches(graphite) -> None:
    screening, patches = looked_at(graphite.drawn(seed=13).frame, graphite)
    assert not screening.points.any()
    assert patches == ()


def test_patches_surround_every_strong_point(graphite) -> None:
    drawn = graphite.drawn(probe_points(14, (1.5, 4), 6))
    _, patches = looked_at(drawn.frame, graphite)
    for truth in drawn.truth.defects:
        (patch,) = [p for p in patches if p.box.overlaps(truth.box)]
        assert patch.box.union(truth.box) == patch.box
        assert patch.steps.shape == (patch.box.height, patch.box.width)
        assert patch.steps.dtype == np.int16
        assert np.abs(patch.steps).max() / STEPS_PER_SIGMA == pytest.approx(14, abs=4)


@pytest.mark.parametrize(("apart", "patches"), [(12, 1), (24, 1), (64, 2), (200, 2)])
def test_near_points_share_a_window_and_far_ones_do_not(graphite, apart, patches) -> None:
    frame = dotted(graphite, (100, 200), (100, 200 + apart))
    assert len(looked_at(frame, graphite)[1]) == patches


@pytest.mark.parametrize("place", [(0, 200), (380, 200), (180, 30), (0, 1500), (380, 30)])
def test_points_at_the_rim_have_windows_inside_the_frame(graphite, place) -> None:
    frame = dotted(graphite, place)
    (patch,) = looked_at(frame, graphite)[1]
    assert patch.box.overlaps(Box(place[0], place[1], place[0] + 4, place[1] + 4))
    assert patch.box.grown(0, *frame.pixels.shape) == patch.box


@pytest.mark.parametrize("line", ["graphite", "deep"])
def test_deviations_are_three_by_three_means_in_noise_units(request, line) -> None:
    line = request.getfixturevalue(line)
    frame = line.drawn(probe_points(14, (1.5, 4), 4)).frame
    screening = screened(frame, line.calibration)
    whole = deviation(frame.pixels, screening.expectation, line.calibration, Box(0, 0, *frame.pixels.shape))
    means = cv2.blur(frame.pixels.astype(np.float64), (3, 3))
    expected = screening.expectation.coating_gl * screening.expectation.row_gain[:, None].astype(float)
    told = (
        (means - expected)
        / line.calibration.coating.sigma["point"]
        * STEPS_PER_SIGMA
        / screening.expectation.noise_gain
    )
    coated = screening.expectation.coated_columns
    assert np.abs(whole[1:-1, coated] - told[1:-1, coated]).max() <= 1.5
    assert np.abs(whole[1:-1, coated]).std() / STEPS_PER_SIGMA < 2


def test_a_window_is_cut_out_of_the_whole(graphite) -> None:
    frame = graphite.drawn().frame
    expectation = screened(frame, graphite.calibration).expectation
    whole = deviation(frame.pixels, expectation, graphite.calibration, Box(0, 0, *frame.pixels.shape))
    for box in (Box(0, 0, 20, 30), Box(37, 70, 101, 99), Box(300, 1400, 384, 1536)):
        part = deviation(frame.pixels, expectation, graphite.calibration, box)
        np.testing.assert_array_equal(part, whole[box.window])


@pytest.mark.parametrize(("share", "floods"), [(0.0, True), (0.001, True), (0.6, False)])
def test_a_frame_is_flooded_beyond_its_share_of_flagged_tiles(graphite, share, floods) -> None:
    screening = screened(dotted(graphite, *((100, 100 + 30 * n) for n in range(18))), graphite.calibration)
    assert 0.001 < screening.points.mean() < 0.6
    assert flooded(screening, SegmentationSettings(share)) is floods
