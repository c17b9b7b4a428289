"""Calibrations on disk: what was saved is what is loaded, or nothing is."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspection.calibration import STATISTICS, Calibration, Noise
from inspection.errors import CalibrationError
from inspection.geometry import Placement
from inspection.normality import Normality


def tiny(**other) -> Calibration:
    rng = np.random.default_rng(0)
    noise = Noise(dict.fromkeys(STATISTICS, 1.25), dict.fromkeys(STATISTICS, 6.5))
    normality = Normality(rng.normal(size=(2, 16)), rng.normal(size=(2, 16, 16)), np.array([6.5, np.nan]))
    told = {
        "camera": "cam-1", "version": 2, "placement": Placement(0.04, 0.06, 12.5, True, "bottom"), "bits": 12,
        "rows": 512, "gain": rng.uniform(0.9, 1.1, 64).astype(np.float32),
        "known_columns": rng.random(64) < 0.8, "coating_gl": 66.25, "foil_gl": 158.5,
        "lanes_px": np.array([[3.25, 28.5], [35.0, 60.0]]), "skip_coating": True, "coating": noise,
        "foil": noise, "streak_filters": rng.normal(size=(4, 21)).astype(np.float32),
        "normality": normality, "focus": 0.21, "made_from_frames": 24, "false_alarms_per_1000": 5.0,
    }  # fmt: skip
    return Calibration(**(told | other))


def check_same(one: Calibration, other: Calibration) -> None:
    check_same_fields(one, other, {field.name for field in dataclasses.fields(Calibration)} - {"normality"})
    check_same_fields(one.normality, other.normality, ("mean", "whitening", "limit"))


def check_same_fields(one, other, names) -> None:
    for name in names:
        saved, loaded = getattr(one, name), getattr(other, name)
        np.testing.assert_equal(loaded, saved, err_msg=name)
        if isinstance(saved, np.ndarray):
            assert loaded.dtype == saved.dtype


@pytest.mark.parametrize("other", [{}, {"foil_gl": float("nan"), "focus": float("nan")}, {"camera": "Linie ü"}])
def test_a_calibration_survives_its_file(tmp_path, other) -> None:
    path = tmp_path / "deep" / "calibration-2.npz"
    tiny(**other).save(path)
    check_same(tiny(**other), Calibration.load(path))


def test_a_measured_calibration_survives_its_file(tmp_path, graphite) -> None:
    path = tmp_path / "c.npz"
    graphite.calibration.save(path)
    check_same(graphite.calibration, Calibration.load(path))


def test_an_existing_file_is_never_overwritten(tmp_path) -> None:
    path = tmp_path / "c.npz"
    tiny().save(path)
    before = path.read_bytes()
    with pytest.raises(CalibrationError, match="take the next version"):
        tiny(version=3).save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"no zip", b"PK\x03\x04"])
def test_a_file_that_is_no_calibration_is_refused(tmp_path, content) -> None:
    path = tmp_path / "c.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CalibrationError, match="calibrate anew"):
        Calibration.load(path)


def test_another_format_is_refused(tmp_path) -> None:
    path = tmp_path / "c.npz"
    tiny().save(path)
    with np.load(path) as file:
        arrays = dict(file)
    fields = json.loads(str(arrays.pop("fields")))
    np.savez(tmp_path / "new.npz", fields=json.dumps(fields | {"format": 99}), **arrays)
    with pytest.raises(CalibrationError, match="format"):
        Calibration.load(tmp_path / "new.npz")


damage = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@damage
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_file_with_one_wrong_byte_is_refused_or_says_the_same(tmp_path, place, flip) -> None:
    good, bad = tmp_path / "good.npz", tmp_path / "bad.npz"
    if not good.exists():
        tiny().save(good)
    content = bytearray(good.read_bytes())
    content[int(place * len(content))] ^= flip
    bad.write_bytes(content)
    try:
        loaded = Calibration.load(bad)
    except CalibrationError:
        return
    check_same(tiny(), loaded)


@damage
@given(place=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_is_refused(tmp_path, place) -> None:
    good, bad = tmp_path / "good.npz", tmp_path / "bad.npz"
    if not good.exists():
        tiny().save(good)
    content = good.read_bytes()
    bad.write_bytes(content[: int(place * len(content))])
    with pytest.raises(CalibrationError):
        Calibration.load(bad)


def test_a_limit_is_the_threshold_in_the_statistics_own_unit() -> None:
    assert tiny().coating.limit("point") == 1.25 * 6.5


def test_foil_is_in_sight_when_its_level_is_known() -> None:
    assert tiny().sees_foil
    assert not tiny(foil_gl=float("nan")).sees_foil


def test_gain_sums_and_means_are_those_of_the_gain() -> None:
    calibration = tiny()
    gain = calibration.gain
    assert calibration.columns == 64
    np.testing.assert_allclose(calibration.gain_before[20] - calibration.gain_before[10], gain[10:20].sum())
    np.testing.assert_allclose(calibration.gain_of_three[5], gain[4:7].mean(), rtol=1e-6)
    np.testing.assert_allclose(calibration.gain_of_three[0], (2 * gain[0] + gain[1]) / 3, rtol=1e-6)
