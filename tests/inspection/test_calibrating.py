"""From frames to a calibration, against the camera that drew them."""

import functools
from dataclasses import replace

import cv2
import numpy as np
import pytest

from inspection.calibrating import CalibratingSettings, calibrate
from inspection.calibration import STATISTICS
from inspection.errors import CalibrationError
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.pipeline import look
from inspection.recipe import default_recipe
from inspection.synthetic.plan import clean, mixed, probe_points
from inspection.synthetic.product import PRODUCTS
from inspection.synthetic.web import SyntheticWeb

ROWS, COLUMNS = 384, 1024


def web(plan=None, product="graphite", seed=4):
    return SyntheticWeb(PRODUCTS[product], seed, columns=COLUMNS, rows=ROWS, plan=plan or clean(), camera_seed=77)


def frames_of(drawn, count=24):
    return [drawn.frame(3 * index).frame for index in range(count)]


@pytest.fixture(scope="module")
def plain():
    return calibrate(frames_of(web()), Placement())


@pytest.fixture(scope="module")
def spoiled_by():
    """Calibrate from 24 frames, some of which show `mean` defects each."""
    good = frames_of(web())

    @functools.cache
    def make(bad_frames, mean):
        bad = web(mixed(mean))
        step = 24 // bad_frames
        some = [bad.frame(3 * n).frame if n % step == 0 else good[n] for n in range(24)]
        return calibrate(some, Placement())

    return make


def gain_error(calibration, drawn):
    """Ratio of measured to true gain over coating, freed of the overall level."""
    true = drawn.scene.camera.gain
    inside = calibration.known_columns.copy()
    for n, (left, right) in enumerate(calibration.lanes_px):
        inside[(int(calibration.lanes_px[n - 1, 1]) if n else 0) : int(left) + 10] = False
        inside[int(right) - 10 :] &= np.arange(int(right) - 10, COLUMNS) >= int(right)
    inside[int(calibration.lanes_px[-1, 1]) - 10 :] = False
    ratio = calibration.gain[inside] / true[inside]
    return ratio / np.median(ratio) - 1


@pytest.mark.parametrize("bad_frames", [0, 4])
def test_column_gain_is_recovered_within_half_a_percent(plain, spoiled_by, bad_frames) -> None:
    error = gain_error(spoiled_by(bad_frames, 10) if bad_frames else plain, web())
    assert len(error) > COLUMNS / 2
    assert error.std() < 0.005
    assert np.quantile(np.abs(error), 0.99) < 0.0125


@pytest.mark.parametrize(("bad_frames", "mean"), [(2, 3), (3, 3), (4, 10)])
def test_defects_among_the_frames_move_no_level_and_little_noise(plain, spoiled_by, bad_frames, mean) -> None:
    spoiled = spoiled_by(bad_frames, mean)
    assert spoiled.coating_gl == pytest.approx(plain.coating_gl, rel=2e-3)
    assert spoiled.foil_gl == pytest.approx(plain.foil_gl, rel=5e-3)
    np.testing.assert_allclose(spoiled.lanes_px, plain.lanes_px, atol=0.5)
    for name in set(STATISTICS) - {"edge"}:
        assert spoiled.coating.sigma[name] == pytest.approx(plain.coating.sigma[name], rel=0.3), name


@pytest.mark.parametrize(("bad_frames", "mean"), [(2, 3), (3, 3), (4, 10)])
def test_defects_among_the_frames_do_not_blind_the_calibration(plain, spoiled_by, bad_frames, mean) -> None:
    spoiled = spoiled_by(bad_frames, mean)
    blinder = {name: spoiled.coating.limit(name) / plain.coating.limit(name) for name in STATISTICS}
    assert {name: round(by, 1) for name, by in blinder.items() if by > 2} == {}


def test_noise_is_that_of_the_three_by_three_means(plain) -> None:
    drawn = web()
    left, right = plain.lanes_px[0].astype(int)
    residues = []
    for index in range(3):
        means = cv2.blur(drawn.frame(200 + index).frame.pixels.astype(np.float32), (3, 3))
        inside = means[8:-8, left + 20 : right - 20]
        inside = inside / inside.mean(axis=1, keepdims=True) * inside.mean()
        residues.append(inside - inside.mean(axis=0))
    told = 1.4826 * np.median(np.abs(residues))
    assert plain.coating.sigma["point"] == pytest.approx(told, rel=0.07)


def averaged(*tiles):
    """How much white noise is left by a mean over tiles of 8 px, of 3x3 means, with these weights down and across."""
    weights = np.convolve(np.repeat(tiles, 8) / (8 * sum(tiles)), np.ones(3) / 3)
    return float((weights**2).sum())


@pytest.mark.parametrize("sigma_gl", [1.5, 3.0, 6.0])
def test_white_noise_averages_out_over_every_box(sigma_gl) -> None:
    rng = np.random.default_rng(0)
    frames = [
        Frame(np.clip(np.rint(rng.normal(90, sigma_gl, (ROWS, COLUMNS))), 0, 255).astype(np.uint8)) for _ in range(16)
    ]
    calibration = calibrate(frames, Placement())
    pixel, rounding_gl = np.hypot(sigma_gl, 1 / np.sqrt(12)), 0.25 / 9
    assert not calibration.sees_foil
    assert calibration.lanes_px.tolist() == [[0, COLUMNS]]
    assert calibration.coating.sigma["point"] == pytest.approx(pixel / 3, rel=0.05)
    assert calibration.coating.sigma["wide_8"] == pytest.approx(pixel * averaged(1), rel=0.05, abs=rounding_gl)
    assert calibration.coating.sigma["wide_24"] == pytest.approx(
        pixel * averaged(1, 2, 3, 2, 1), rel=0.1, abs=rounding_gl / 2
    )
    assert 5 < calibration.coating.threshold_sigma["point"] < 7.5


def test_levels_and_lanes_are_those_of_the_web(plain) -> None:
    truth = [web().truth(3 * index).edges_px.mean(axis=2) for index in range(24)]
    np.testing.assert_allclose(plain.lanes_px, np.median(truth, axis=0), atol=1.5)
    product = PRODUCTS["graphite"]
    assert plain.foil_gl / plain.coating_gl == pytest.approx(product.foil_gl / product.coating_gl, rel=0.05)
    assert not plain.skip_coating


def test_a_stricter_rate_of_false_alarms_sets_higher_limits(plain) -> None:
    strict = calibrate(frames_of(web()), Placement(), settings=CalibratingSettings(false_alarms_per_1000=0.05))
    assert strict.false_alarms_per_1000 == 0.05
    assert strict.coating.limit("point") > plain.coating.limit("point")
    assert strict.coating.sigma == plain.coating.sigma


def test_the_calibration_says_what_it_is_for() -> None:
    placement, frames = Placement(0.02, 0.04, 100.0, mirrored=True), frames_of(web(), 8)
    calibration = calibrate(frames, placement, camera="cam-9", version=4)
    assert (calibration.camera, calibration.version, calibration.placement) == ("cam-9", 4, placement)
    assert (calibration.bits, calibration.rows, calibration.columns) == (8, ROWS, COLUMNS)
    assert calibration.made_from_frames == 8


def test_progress_is_told_twice_for_every_frame() -> None:
    calls = []
    calibrate(frames_of(web(), 8), Placement(), progress=lambda: calls.append(1))
    assert len(calls) == 16


def test_the_same_frames_give_the_same_calibration(plain) -> None:
    again = calibrate(frames_of(web()), Placement())
    np.testing.assert_array_equal(again.gain, plain.gain)
    assert again.coating == plain.coating


def test_few_frames_give_a_smooth_gain() -> None:
    rough = calibrate(frames_of(web(), 3), Placement())
    assert np.abs(np.diff(rough.gain)).max() < 0.005


def test_a_streak_in_all_of_many_frames_is_divided_out_as_dust(plain) -> None:
    frames = [replace(frame, pixels=frame.pixels.copy()) for frame in frames_of(web(), 12)]
    spotted = []
    for frame in frames:
        pixels = frame.pixels.astype(float)
        pixels[:, 300:304] *= 0.9
        spotted.append(Frame(np.rint(pixels).astype(np.uint8)))
    gain = calibrate(spotted, Placement()).gain
    assert gain[300:304] / plain.gain[300:304] == pytest.approx([0.9] * 4, abs=0.02)


def test_no_frames_give_no_calibration() -> None:
    with pytest.raises(CalibrationError, match="got none"):
        calibrate([], Placement())


@pytest.mark.parametrize(
    "other",
    [
        Frame(np.zeros((ROWS, COLUMNS - 8), np.uint8)),
        Frame(np.zeros((ROWS - 8, COLUMNS), np.uint8)),
        Frame(np.zeros((ROWS, COLUMNS), np.uint16), 12),
    ],
)
def test_frames_of_mixed_sizes_or_depths_are_refused(other) -> None:
    with pytest.raises(CalibrationError, match=f"{other.columns} x {other.rows} px of {other.bits} bits"):
        calibrate([*frames_of(web(), 2), other], Placement())


def test_black_frames_are_refused_with_advice() -> None:
    with pytest.raises(CalibrationError, match="calibrate on running production"):
        calibrate([Frame(np.zeros((ROWS, COLUMNS), np.uint8))] * 8, Placement())


@pytest.mark.parametrize("columns", [slice(0, 3), slice(0, 12), slice(500, 503), slice(496, 512)])
def test_columns_that_see_nothing_blind_no_others(columns) -> None:
    dark = []
    for frame in frames_of(web()):
        pixels = frame.pixels.copy()
        pixels[:, columns] = 0
        dark.append(Frame(pixels))
    calibration = calibrate(dark, Placement())
    for noise in (calibration.coating, calibration.foil):
        limits = np.array([noise.limit(name) for name in STATISTICS])
        assert np.isfinite(limits).all()
    assert np.abs(calibration.streak_filters).max() < 5
    pixels = dark[0].pixels.copy()
    pixels[:, 300:306] += 4
    told = look(Frame(pixels), calibration, default_recipe()).candidates.regions
    assert any(region.box.left <= 302 < region.box.right for region in told)


@pytest.mark.parametrize("lamp", [0.7, 0.85, 1.2, 1.3])
def test_what_stands_out_is_judged_by_the_light_there_is(plain, lamp) -> None:
    def lit(frame):
        return Frame(np.rint(frame.pixels * lamp).clip(0, 255).astype(np.uint8))

    clean_frames = [lit(frame) for frame in frames_of(web(seed=9), 6)]
    false = sum(len(look(frame, plain, default_recipe()).candidates.regions) for frame in clean_frames)
    shown = web(probe_points(9, (2, 4), 12), seed=9)
    found = drawn = 0
    for index in range(6):
        frame = shown.frame(index)
        boxes = [region.box for region in look(lit(frame.frame), plain, default_recipe()).candidates.regions]
        found += sum(any(true.box.gap_to(box) <= 4 for box in boxes) for true in frame.truth.defects)
        drawn += len(frame.truth.defects)
    assert false <= 1
    assert found >= 0.93 * drawn


@pytest.mark.parametrize(("product", "columns"), [("lfp", 1024), ("graphite", 512), ("graphite", 640), ("nmc", 400)])
def test_lanes_of_narrow_frames_lie_where_they_were_drawn(product, columns) -> None:
    drawn = SyntheticWeb(PRODUCTS[product], 4, columns=columns, rows=ROWS, camera_seed=77)
    truth = [drawn.truth(3 * index).edges_px.mean(axis=2) for index in range(12)]
    lanes_px = calibrate(frames_of(drawn, 12), Placement()).lanes_px
    np.testing.assert_allclose(lanes_px, np.median(truth, axis=0), atol=2.5)


def odd_frames(rows, columns):
    """What a camera shows that looks at no web: half of it dark, stripes, noise, a checkerboard."""
    rng, down, cross = np.random.default_rng(0), np.arange(rows)[:, None], np.arange(columns)
    half = np.full((rows, columns), 80)
    half[:, : columns // 2] = 0
    yield half
    yield np.full((rows, columns), 255)
    yield rng.integers(0, 256, (rows, columns))
    yield np.broadcast_to(cross // 7 % 2 * 255, (rows, columns))
    yield np.broadcast_to(down // 5 % 2 * 255, (rows, columns))
    yield (down + cross) % 2 * 255


@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (17, 40), (24, 129), (130, 500)])
@pytest.mark.parametrize("count", [1, 9])
def test_frames_of_no_web_are_refused_or_measured_and_never_pass_what_they_have_not_shown(rows, columns, count) -> None:
    odd = [Frame(np.ascontiguousarray(pixels, np.uint8)) for pixels in odd_frames(rows, columns)]
    for frame in odd:
        try:
            calibration = calibrate([frame] * count, Placement())
        except CalibrationError:
            continue
        for noise in (calibration.coating, calibration.foil):
            assert np.isfinite([noise.limit(name) for name in STATISTICS]).all()
        for other in odd:
            look(other, calibration, default_recipe())
