"""What ails a camera is measured as what it is, and leaves the other measures alone."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from inspection.calibrating import calibrate
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.input_health import MEASURES
from inspection.pipeline import Inspector
from inspection.recipe import default_recipe
from inspection.synthetic.plan import exactly

AS_CALIBRATED = {"lamp": 1.0, "flicker": 0.006, "focus": 1.0, "flat_field": 0.004, "noise": 1.0, "saturated": 0.0}
WITHIN = {"lamp": 0.03, "flicker": 0.005, "focus": 0.15, "flat_field": 0.02, "noise": 0.2, "saturated": 0.001}


def measured(line, pixels, classifier):
    inspector = Inspector(default_recipe(), classifier, calibration=line.calibration)
    health = inspector.input_health(Frame(pixels, line.bits))
    assert health is not None
    return asdict(health)


def disturbed(measures) -> set[str]:
    return {name for name in MEASURES if abs(measures[name] - AS_CALIBRATED[name]) > WITHIN[name]}


@pytest.mark.parametrize("line", ["graphite", "deep", "skipped"])
@pytest.mark.parametrize("index", range(4))
def test_an_undisturbed_camera_measures_as_it_was_calibrated(request, line, index, classifier) -> None:
    line = request.getfixturevalue(line)
    assert disturbed(measured(line, line.drawn(index=index, seed=6).frame.pixels, classifier)) == set()


@pytest.mark.parametrize("index", range(4))
def test_defects_on_the_web_are_no_matter_of_the_camera(graphite, index, classifier) -> None:
    measures = measured(graphite, graphite.drawn(exactly(3), index, seed=6).frame.pixels, classifier)
    assert disturbed(measures) <= {"noise"}
    assert measures["noise"] < 1.4


@pytest.mark.parametrize("level", [0.9, 0.8, 0.7])
def test_a_weak_lamp_is_a_weak_lamp_and_nothing_else(graphite, level, classifier) -> None:
    pixels = (graphite.drawn().frame.pixels * level).astype(np.uint8)
    measures = measured(graphite, pixels, classifier)
    assert measures["lamp"] == pytest.approx(level, abs=0.03)
    assert disturbed(measures) == {"lamp"}


def test_sharpness_falls_as_the_lens_loses_its_focus(graphite, classifier) -> None:
    seen = []
    for defocus_px in (0.0, 1.0, 1.5, 2.5):
        blurred = replace(graphite, product=replace(graphite.product, defocus_px=defocus_px))
        seen.append(measured(graphite, blurred.drawn().frame.pixels, classifier)["focus"])
    assert seen == sorted(seen, reverse=True)
    assert seen[1] > 0.7 > seen[2] > seen[3]


def test_noise_of_the_sensor_adds_to_the_grain(graphite, classifier) -> None:
    pixels, rng = graphite.drawn().frame.pixels, np.random.default_rng(1)
    noisy = [(pixels + rng.normal(0, sigma, pixels.shape)).clip(0, 255).astype(np.uint8) for sigma in (3, 6, 9)]
    seen = [measured(graphite, each, classifier)["noise"] for each in noisy]
    assert seen == sorted(seen)
    assert seen[0] < 1.5 < seen[2]


def test_light_that_tilts_across_the_web_is_told_from_its_level(graphite, classifier) -> None:
    pixels = graphite.drawn().frame.pixels
    tilted = (pixels * np.linspace(0.9, 1.1, pixels.shape[1])).clip(0, 255).astype(np.uint8)
    measures = measured(graphite, tilted, classifier)
    assert measures["flat_field"] == pytest.approx(0.08, abs=0.02)
    assert disturbed(measures) == {"flat_field"}


def test_flicker_from_row_to_row_is_measured_beyond_what_is_corrected(graphite, classifier) -> None:
    pixels, rng = graphite.drawn().frame.pixels, np.random.default_rng(2)
    flickering = (pixels * (1 + rng.normal(0, 0.04, (len(pixels), 1)))).clip(0, 255).astype(np.uint8)
    assert measured(graphite, flickering, classifier)["flicker"] == pytest.approx(0.04, abs=0.01)


def test_saturation_is_a_share_of_the_pixels(deep, classifier) -> None:
    pixels = deep.drawn().frame.pixels.copy()
    pixels[:, : deep.columns // 10] = 4095
    assert measured(deep, pixels, classifier)["saturated"] == pytest.approx(0.1, abs=0.005)


def test_without_an_edge_in_sight_there_is_no_sharpness_and_the_rest_is_measured(graphite, classifier) -> None:
    left, right = graphite.calibration.lanes_px[0]
    inside = slice(int(left) + 40, int(right) - 40)
    frames = [Frame(graphite.drawn(index=n).frame.pixels[:, inside].copy()) for n in range(8)]
    inspector = Inspector(default_recipe(), classifier, calibration=calibrate(frames, Placement()))
    health = inspector.input_health(frames[0])
    assert health is not None
    assert np.isnan(health.focus)
    assert disturbed(asdict(health) | {"focus": 1.0}) == set()


def test_a_frame_that_the_calibration_does_not_fit_is_not_measured(graphite, deep, classifier) -> None:
    frame = deep.drawn().frame
    assert Inspector(default_recipe(), classifier, calibration=graphite.calibration).input_health(frame) is None
    assert Inspector(default_recipe(), classifier).input_health(frame) is None


def test_a_black_frame_is_measured_too(graphite, classifier) -> None:
    measures = measured(graphite, np.zeros_like(graphite.drawn().frame.pixels), classifier)
    assert measures["lamp"] < 0.01
