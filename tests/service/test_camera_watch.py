"""The input of cameras over time: what goes wrong is noticed, kept and told; what is well raises nothing."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from fakes import draw, fake_classifier, post, running

from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from inspection.recipe import default_recipe
from inspection.synthetic.product import PRODUCTS, Product
from inspection.synthetic.web import SyntheticWeb
from service.camera_watch import CameraInput, CameraWatch
from service.input_alarms import SAMPLES, InputAlarms, limits_from
from service.metrics import Metrics
from service.settings import Settings
from service.store.camera_health import HealthMinute, minutes_since
from service.store.store import Store

GRAPHITE = PRODUCTS["graphite"]
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
WELL = {"lamp": 1.0, "flicker": 0.005, "focus": 1.0, "flat_field": 0.005, "noise": 1.0, "saturated": 0.0}


def web(product: Product = GRAPHITE, seed: int = 5) -> SyntheticWeb:
    return SyntheticWeb(product, seed, columns=1024, rows=256, camera_seed=7)


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return calibrate([web(seed=4).frame(3 * n).frame for n in range(16)], Placement(), camera="cam-1")


@pytest.fixture(scope="module")
def clean() -> list[np.ndarray[Any, Any]]:
    return [web().frame(n).frame.pixels for n in range(12)]


class Watched:
    """A camera watch whose clock is set by hand, fed with one frame at a time."""

    def __init__(self, folder: Path, calibration: Calibration) -> None:
        self.now, self.told = NOON, list[CameraInput]()
        self.store, self.metrics, self.calibration = Store(folder), Metrics(), calibration
        self.inspector = Inspector(default_recipe(), fake_classifier("f" * 64), calibration=calibration)
        settings = Settings(data_dir=folder, measure_input_every_s=1.0)
        self.watch = CameraWatch(
            settings, self.store, self.metrics, clock=lambda: self.now, tell=lambda _, seen: self.told.append(seen)
        )

    def see(self, pixels: np.ndarray[Any, Any], after_s: float = 1.0) -> CameraInput:
        self.now += timedelta(seconds=after_s)
        known = len(self.told)
        assert self.watch.wants("cam-1", self.now.timestamp())
        health = self.inspector.input_health(Frame(pixels))
        assert health
        self.watch.take("cam-1", health, self.calibration.version)
        wait_until(lambda: len(self.told) > known)
        return self.told[-1]

    def alarms(self) -> set[str]:
        return {alarm.measure for alarm in self.told[-1].alarms}

    def kept(self, minutes: int) -> list[HealthMinute]:
        """What the store has when it has so many."""
        self.watch.close()
        question = partial(minutes_since, camera_id="cam-1", since="2030", limit=99)
        wait_until(lambda: len(self.store.read(question)) >= minutes)
        return self.store.read(question)

    def close(self) -> None:
        self.watch.close()
        self.store.close()


def wait_until(true: Callable[[], Any], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.005)


@pytest.fixture
def watched(tmp_path: Path, calibration: Calibration) -> Iterator[Watched]:
    opened = Watched(tmp_path, calibration)
    yield opened
    opened.close()


def test_an_undisturbed_camera_raises_nothing_over_many_frames(watched: Watched) -> None:
    for n in range(60):
        watched.see(web(seed=6).frame(n).frame.pixels)
        assert watched.alarms() == set()


def weaker(pixels: np.ndarray[Any, Any], share: float) -> np.ndarray[Any, Any]:
    """The lamp falls from all to seven tenths."""
    return (pixels * (1 - 0.32 * share)).astype(np.uint8)


def noisier(pixels: np.ndarray[Any, Any], share: float) -> np.ndarray[Any, Any]:
    noise = np.random.default_rng(3).normal(0, 9 * share, pixels.shape)
    return (pixels + noise).clip(0, 255).astype(np.uint8)


def tilted(pixels: np.ndarray[Any, Any], share: float) -> np.ndarray[Any, Any]:
    """One end of the lamp grows dim."""
    return (pixels * np.linspace(1 - 0.3 * share, 1, pixels.shape[1])).astype(np.uint8)


@pytest.mark.parametrize(("disturb", "measure"), [(weaker, "lamp"), (noisier, "noise"), (tilted, "flat_field")])
def test_what_slowly_goes_wrong_is_noticed_alone_and_late_enough(
    watched: Watched, clean: list[np.ndarray[Any, Any]], disturb: Any, measure: str
) -> None:
    for n in range(SAMPLES):
        watched.see(disturb(clean[n % 12], 0.1))
    assert watched.alarms() == set()
    for n in range(40):
        watched.see(disturb(clean[n % 12], min(n / 25, 1)))
    assert watched.alarms() == {measure}


def test_a_lens_that_loses_its_focus_is_noticed(watched: Watched) -> None:
    for defocus_px in np.linspace(0, 2.5, 6):
        growing = web(replace(GRAPHITE, defocus_px=float(defocus_px)))
        for n in range(4):
            watched.see(growing.frame(n).frame.pixels)
        if not defocus_px:
            assert watched.alarms() == set()
    assert watched.alarms() == {"focus"}


def test_minutes_are_kept_with_mean_lowest_and_highest(watched: Watched, clean: list[np.ndarray[Any, Any]]) -> None:
    for n in range(7):
        watched.see(weaker(clean[0], n % 2), after_s=20)
    kept = watched.kept(3)
    assert [(minute.begun_at[11:19], minute.samples) for minute in kept] == [
        ("12:00:20", 2), ("12:01:00", 3), ("12:02:00", 2),
    ]  # fmt: skip
    lamp = kept[1].measures["lamp"]
    assert lamp
    assert (lamp.low, lamp.high) == (pytest.approx(0.68, abs=0.03), pytest.approx(1, abs=0.03))
    assert lamp.low < lamp.mean < lamp.high
    assert watched.store.read(partial(minutes_since, camera_id="cam-1", since="2030", limit=1)) == kept[-1:]


def test_a_clock_put_back_loses_no_minute_and_stops_nothing(
    watched: Watched, clean: list[np.ndarray[Any, Any]]
) -> None:
    for after_s in (5, 120, -120, 120):
        watched.now += timedelta(seconds=after_s - 1)
        watched.watch._due_s.clear()
        watched.see(clean[0])
    assert [minute.begun_at[14:19] for minute in watched.kept(2)] == ["00:05", "02:05"]


def test_of_frames_close_together_one_is_measured(watched: Watched, clean: list[np.ndarray[Any, Any]]) -> None:
    watched.see(clean[0])
    at_s = watched.now.timestamp()
    assert not watched.watch.wants("cam-1", at_s + 0.5)
    assert watched.watch.wants("cam-2", at_s + 0.5)
    assert watched.watch.wants("cam-1", at_s + 1.0)


def alarms() -> InputAlarms:
    return InputAlarms(limits_from(Settings()))


def test_one_wild_frame_is_no_alarm() -> None:
    judged = alarms()
    for n in range(50):
        begun, ended = judged.take(WELL | {"lamp": 0.2 if n % SAMPLES == 0 else 1.0}, NOON)
        assert (begun, ended) == ([], [])


def test_an_alarm_begins_once_and_does_not_flap_at_its_limit() -> None:
    judged, seen = alarms(), list[str]()
    for lamp in [0.8] * 9 + [0.69] * 9 + [0.71, 0.69, 0.72] * 9 + [0.75] * 9:
        begun, ended = judged.take(WELL | {"lamp": lamp}, NOON)
        seen += [f"begun {alarm.measure}" for alarm in begun] + [f"ended {alarm.measure}" for alarm in ended]
    assert seen == ["begun lamp", "ended lamp"]


def test_what_cannot_be_measured_raises_nothing_and_ends_nothing() -> None:
    judged = alarms()
    for _ in range(2 * SAMPLES):
        judged.take(WELL | {"focus": 0.5}, NOON)
    for _ in range(2 * SAMPLES):
        judged.take(WELL | {"focus": float("nan")}, NOON)
    assert [alarm.measure for alarm in judged.raised] == ["focus"]


def test_after_a_new_calibration_only_new_samples_count() -> None:
    judged = alarms()
    for _ in range(SAMPLES):
        judged.take(WELL | {"lamp": 0.6}, NOON)
    judged.start_over()
    for n in range(SAMPLES):
        assert [alarm.measure for alarm in judged.raised] == ["lamp"]
        _, ended = judged.take(WELL, NOON)
        assert bool(ended) == (n == SAMPLES - 1)


def camera(client: httpx.Client) -> Any:
    return client.get("/v1/cameras/cam-1").json()


def test_a_station_tells_how_a_camera_does_and_how_it_did(tmp_path: Path) -> None:
    frames = [Frame(draw(900 + n)) for n in range(12)]
    calibrate(frames, Placement(), camera="cam-1").save(tmp_path / "calibrations" / "cam-1" / "1.npz")
    settings = {"measure_input_every_s": 0.0, "deadline_ms": 30_000}
    with running(tmp_path, **settings) as client:
        assert post(client, draw(0), 0).json()["calibrated"]
        wait_until(lambda: camera(client)["input_health"])
        assert camera(client)["input_health"]["alarms"] == []
        for n in range(1, 4 * SAMPLES):
            post(client, (draw(n) * 0.65).astype(np.uint8), n)
        wait_until(lambda: camera(client)["input_health"]["alarms"])
        (alarm,) = camera(client)["input_health"]["alarms"]
        assert (alarm["measure"], alarm["limit"]) == ("lamp", 0.7)
        assert re.match(r"lamp at 6\d% of calibration, alarm below 70%", alarm["told"])
        assert 'coatsight_input_alarm{camera="cam-1",measure="lamp"} 1.0' in client.get("/metrics").text
    with running(tmp_path, **settings) as client:
        kept = client.get("/v1/cameras/cam-1/health").json()
        assert kept
        assert kept[-1]["measures"]["lamp"]["low"] == pytest.approx(0.65, abs=0.02)
        later = client.get("/v1/cameras/cam-1/health", params={"since": "2999-01-01T00:00:00Z"})
        assert later.json() == []
        assert client.get("/v1/cameras/cam-1/health", params={"since": "yesterday"}).status_code == 422
