"""What the classifier is shown of a region, and what the measurements mean."""

from dataclasses import replace

import numpy as np
import pytest
from test_screening import screened

from inspection.candidates import CHANNELS, CROP_PX, FEATURES, cut_candidates
from inspection.flat_field import FlatFieldSettings, measure_light
from inspection.frame import Frame
from inspection.geometry import Box, Placement
from inspection.pipeline import light_windows, look
from inspection.recipe import default_recipe
from inspection.regions import Region, Source
from inspection.synthetic.plan import exactly, probe_points
from inspection.web import WebSettings, find_web

RECIPE = default_recipe()


def region(box, source=Source.POINT, contrast=12.0, mask=None):
    mask = np.ones((box.height, box.width), np.uint8) if mask is None else mask
    return Region.of(box, mask, contrast, source)


@pytest.fixture(scope="module")
def cut(graphite):
    """Cut regions out of one clean frame, or out of given pixels."""

    def make(*regions, pixels=None, calibration=graphite.calibration):
        frame = Frame(graphite.drawn(seed=13).frame.pixels if pixels is None else pixels)
        windows = light_windows(calibration)
        light = measure_light(frame.pixels, windows, FlatFieldSettings())
        web = find_web(frame.pixels, light, windows, calibration, WebSettings())
        expectation = screened(frame, calibration).expectation
        return cut_candidates(frame.pixels, regions, expectation, web, calibration)

    return make


def features_of(candidates):
    return [dict(zip(FEATURES, row.tolist(), strict=True)) for row in candidates.features]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_every_region_has_two_pictures_a_mask_and_its_measurements(cut, count) -> None:
    candidates = cut(*[region(Box(100, 200 + 40 * n, 110, 220 + 40 * n)) for n in range(count)])
    assert candidates.crops.shape == (count, len(CHANNELS), CROP_PX, CROP_PX)
    assert candidates.features.shape == (count, len(FEATURES))
    assert candidates.pictures.shape == (count, CROP_PX, CROP_PX)
    assert len(candidates.lanes) == len(candidates.regions) == count
    assert candidates.crops.dtype == candidates.features.dtype == np.float32
    assert candidates.pictures.dtype == np.uint8


def test_everything_the_classifier_sees_is_a_finite_number(graphite) -> None:
    for index in range(4):
        candidates = look(graphite.drawn(exactly(10), index).frame, graphite.calibration, RECIPE).candidates
        assert len(candidates.regions) >= 5
        assert np.isfinite(candidates.crops).all()
        assert np.isfinite(candidates.features).all()
        assert np.abs(candidates.crops[:, [1, 3]]).max() <= 1
        assert candidates.crops[:, [0, 2]].min() >= -1
        assert candidates.crops[:, [0, 2]].max() <= 3
        assert set(np.unique(candidates.crops[:, 4])) == {0, 1}


def test_reflectance_is_zero_on_coating_and_one_on_foil(cut, graphite) -> None:
    left = int(graphite.calibration.lanes_px[0, 0])
    candidates = cut(region(Box(100, left - 10, 110, left + 10)), region(Box(100, 300, 110, 310)))
    near = candidates.crops[:, 0]
    assert near[0, :, :20].mean() == pytest.approx(1, abs=0.06)
    assert near[0, :, -20:].mean() == pytest.approx(0, abs=0.03)
    assert near[1].mean() == pytest.approx(0, abs=0.03)
    assert np.abs(candidates.crops[1, 1].mean()) < 0.1


def test_the_near_picture_is_at_the_cameras_own_scale(cut, graphite) -> None:
    pixels = graphite.drawn(seed=13).frame.pixels.copy()
    pixels[150:153, 300:303] = 250
    candidates = cut(region(Box(150, 300, 153, 303)), pixels=pixels)
    assert (candidates.crops[0, 0] > 1.2).sum() == 9
    np.testing.assert_array_equal(candidates.pictures[0], pixels[119:183, 269:333])


@pytest.mark.parametrize(
    "box", [Box(0, 0, 8, 8), Box(376, 1528, 384, 1536), Box(0, 0, 384, 1536), Box(0, 700, 384, 702)]
)
def test_regions_at_the_rim_or_over_the_whole_frame_are_cut_too(cut, box) -> None:
    candidates = cut(region(box))
    assert candidates.crops[0, 4].any()
    assert np.isfinite(candidates.features).all()
    assert candidates.pictures[0].min() > 0


def test_the_mask_lies_where_the_region_lies(cut) -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[:50, :50] = 1
    candidates = cut(region(Box(100, 300, 200, 400), mask=mask))
    shown = candidates.crops[0, 4]
    assert shown[:30, :30].sum() > 0.5 * 900 * 0.64
    assert shown[34:].sum() == 0
    assert shown[:, 34:].sum() == 0
    assert shown.sum() / CROP_PX**2 == pytest.approx(0.25 / 1.25**2, rel=0.1)


def test_lengths_are_told_in_millimetres_and_pixels(cut, graphite) -> None:
    wide = replace(graphite.calibration, placement=Placement(mm_per_px_cross=0.1, mm_per_px_down=0.05))
    (told,) = features_of(cut(region(Box(100, 300, 140, 310)), calibration=wide))
    assert 10 ** told["log_length_mm"] == pytest.approx(2.0)
    assert 10 ** told["log_width_mm"] == pytest.approx(1.0)
    assert 10 ** told["log_area_mm2"] == pytest.approx(2.0)
    assert 10 ** told["log_length_px"] == pytest.approx(4 * 40 / np.sqrt(12), rel=0.01)
    assert 10 ** told["log_thickness_px"] == pytest.approx(4 * 10 / np.sqrt(12), rel=0.01)
    assert 10 ** told["log_elongation"] == pytest.approx(4, rel=0.01)
    assert told["filled"] == 1
    assert told["share_of_height"] == pytest.approx(40 / 384)
    assert told["share_of_width"] == pytest.approx(10 / 1536)


def diagonal(step):
    mask = np.zeros((40, 40), np.uint8)
    mask[np.arange(40), np.arange(40)[::step]] = 1
    return mask


@pytest.mark.parametrize(
    ("shape", "along", "oblique"),
    [((40, 4), 1, 0), ((4, 40), -1, 0), (diagonal(1), 0, 1), (diagonal(-1), 0, -1)],
    ids=["along", "across", "falling", "rising"],
)
def test_direction_is_told_by_two_numbers(cut, shape, along, oblique) -> None:
    mask = np.ones(shape, np.uint8) if isinstance(shape, tuple) else shape
    box = Box(100, 300, 100 + mask.shape[0], 300 + mask.shape[1])
    (told,) = features_of(cut(region(box, mask=mask)))
    assert told["along_web"] == pytest.approx(along, abs=0.01)
    assert told["oblique"] == pytest.approx(oblique, abs=0.01)


@pytest.mark.parametrize("sigma", [-40.0, -6.0, 6.0, 400.0])
def test_contrast_is_compressed_and_keeps_its_sign(cut, sigma) -> None:
    (told,) = features_of(cut(region(Box(100, 300, 110, 310), contrast=sigma)))
    assert told["contrast"] == pytest.approx(sigma / (8 + abs(sigma)))


def test_the_distance_to_the_nearest_edge_is_told_in_millimetres(cut, graphite) -> None:
    left, right = graphite.drawn(seed=13).truth.edges_px[0].mean(axis=1)
    inside, crossing = features_of(
        cut(
            region(Box(100, int(left) + 60, 110, int(left) + 80)),
            region(Box(100, int(right) - 5, 110, int(right) + 5)),
        )
    )
    assert np.sinh(inside["edge_distance"]) == pytest.approx(60 * 0.05, abs=0.06)
    assert crossing["edge_distance"] == 0


def test_regions_belong_to_the_lane_that_holds_their_middle(cut) -> None:
    columns = (20, 300, 760, 1100, 1500)
    candidates = cut(*[region(Box(100, column, 110, column + 10)) for column in columns])
    assert candidates.lanes == (None, 0, None, 1, None)
    assert [told["on_foil"] for told in features_of(candidates)] == [1, 0, 1, 0, 1]


@pytest.mark.parametrize("source", list(Source))
def test_the_filter_that_found_a_region_is_told(cut, source) -> None:
    (told,) = features_of(cut(region(Box(100, 300, 110, 310), source)))
    for name in ("wide", "streak", "edge"):
        assert told[f"from_{name}"] == (source.value == name)


def test_the_range_of_reflectance_is_that_of_its_own_pixels(cut, graphite) -> None:
    pixels = graphite.drawn(seed=13).frame.pixels.copy()
    pixels[150:160, 300:310] = int(graphite.calibration.foil_gl)
    pixels[150:160, 330:340] = 0
    (told,) = features_of(cut(region(Box(150, 300, 160, 310)), pixels=pixels))
    assert told["brightest"] == pytest.approx(1, abs=0.15)
    assert told["mean"] == pytest.approx(1, abs=0.15)
    assert told["darkest"] > 0.7


def mirrored(calibration):
    return replace(
        calibration,
        gain=calibration.gain[::-1].copy(),
        known_columns=calibration.known_columns[::-1].copy(),
        lanes_px=(calibration.columns - calibration.lanes_px[::-1, ::-1]).copy(),
    )


def test_a_mirrored_frame_has_mirrored_features(graphite) -> None:
    """All measurements stay but the oblique direction, which changes its sign."""
    frame = graphite.drawn(probe_points(30, (3, 6), 6)).frame
    one = look(frame, graphite.calibration, RECIPE).candidates
    other = look(Frame(frame.pixels[:, ::-1].copy()), mirrored(graphite.calibration), RECIPE).candidates
    assert len(one.regions) == len(other.regions) >= 6
    places = {(r.box.top, graphite.columns - r.box.right): n for n, r in enumerate(other.regions)}
    for n, found in enumerate(one.regions):
        twin = features_of(other)[places[found.box.top, found.box.left]]
        for name, value in features_of(one)[n].items():
            sign = -1 if name == "oblique" else 1
            assert twin[name] == pytest.approx(sign * value, abs=0.06), name
