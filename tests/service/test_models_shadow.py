"""A shadow names what was answered, and neither changes, delays nor fails an answer."""

import sqlite3
import threading
import time

import numpy as np
import pytest
from fakes import SureOfPinholes, draw, fake_classifier, post, running
from fastapi.testclient import TestClient
from model_variants import NAMED_OTHERWISE, put_golden_set, variant

import service.app as application
from inspection.candidates import CHANNELS, FEATURES
from inspection.classification import ClassificationSettings, Classifier, Naming
from inspection.errors import ModelError
from inspection.frame import Frame
from inspection.onnx_model import Card
from inspection.pipeline import Inspector
from inspection.recipe import default_recipe
from service import promotion
from service.app import create_app
from service.settings import Settings
from service.shadow import Shadow
from service.store.shadows import ShadowCount, shadow_count_in
from service.store.store import Store
from service.store.writer import Writer
from service.workbench import Named

RUNNING, BESIDE = "f" * 64, "b" * 64
SETTINGS = Naming()


class Stains:
    """A network that calls everything a stain."""

    def probabilities(self, crops, features):
        return np.tile(np.float32([0.2, 0.8]), (len(crops), 1))


class Broken:
    """A network that fails in a way nobody foresaw."""

    def probabilities(self, crops, features):
        raise ZeroDivisionError("division by zero")


class Stuck:
    """A network that does not answer before it is let go."""

    def __init__(self):
        self.begun, self.go_on = threading.Event(), threading.Event()

    def probabilities(self, crops, features):
        self.begun.set()
        assert self.go_on.wait(20)
        return np.tile(np.float32([0.2, 0.8]), (len(crops), 1))


def named_by(network):
    card = Card("beside", "2", BESIDE, "fp32", ("pinhole", "stain"), CHANNELS, FEATURES, 0.5)
    return Classifier(network, card)


class Counts(dict):
    """How many candidates had each outcome."""

    def __call__(self, outcome, candidates):
        self[outcome] = self.get(outcome, 0) + candidates


@pytest.fixture
def beside(monkeypatch):
    """Let a network look on in every station that starts."""

    def look_on(network):
        monkeypatch.setattr(application, "_shadow_classifier", lambda settings: named_by(network))

    return look_on


@pytest.fixture(scope="module")
def inspection():
    """A frame with three holes, each called a pinhole."""
    inspected = Inspector(default_recipe(), fake_classifier(RUNNING)).inspect(Frame(draw(1, holes=3)))
    assert len(inspected.order) == 3
    return inspected


def named(inspection, naming=SETTINGS):
    return Named(inspection.candidates, inspection.order, naming)


def asked(folder, question):
    with sqlite3.connect(folder / "station.sqlite") as connection:
        return connection.execute(question).fetchall()


def plainly(answer):
    """An answer without what differs from run to run."""
    told = answer.json()
    for own in ("frame_id", "timing_ms"):
        del told[own]
    for found in told["defects"]:
        del found["id"]
    return answer.status_code, told


def answers_of(folder):
    with running(folder) as client:
        return [plainly(post(client, draw(n, holes=n), n)) for n in range(4)]


def wait_for(client, line):
    """Ask for the metrics until they hold a line."""
    end = time.monotonic() + 10
    while line not in client.get("/metrics").text.splitlines():
        assert time.monotonic() < end, f"never told: {line}"
        time.sleep(0.01)


def test_what_a_shadow_names_otherwise_is_kept_with_frame_and_place(tmp_path, beside):
    beside(Stains())
    with running(tmp_path) as client:
        told = post(client, draw(1, holes=3), 0).json()
        wait_for(client, 'coatsight_shadow_candidates_total{outcome="otherwise"} 3.0')
    kept = asked(tmp_path, "SELECT * FROM shadow_names ORDER BY place")
    number = int(told["frame_id"], 16)
    assert [row[:4] for row in kept] == [(number, place, BESIDE, "pinhole") for place in (1, 2, 3)]
    assert [row[4] for row in kept] == pytest.approx([each["probability"] for each in told["defects"]])
    assert [row[5:] for row in kept] == [("stain", pytest.approx(0.8))] * 3
    assert shadow_count_in(tmp_path, RUNNING, BESIDE) == ShadowCount(RUNNING, BESIDE, named=3, otherwise=3)


def test_a_shadow_that_names_the_same_keeps_only_the_count(tmp_path, beside):
    beside(SureOfPinholes())
    with running(tmp_path) as client:
        for n in range(3):
            post(client, draw(n, holes=2), n)
        wait_for(client, 'coatsight_shadow_candidates_total{outcome="same"} 6.0')
    assert asked(tmp_path, "SELECT * FROM shadow_names") == []
    assert asked(tmp_path, "SELECT named, otherwise FROM shadow_counts") == [(6, 0)]


@pytest.mark.parametrize("network", [Stains(), Broken()], ids=["otherwise", "broken"])
def test_answers_are_the_same_with_a_shadow_and_without(tmp_path, beside, network):
    plain = answers_of(tmp_path / "alone")
    beside(network)
    shadowed = answers_of(tmp_path / "beside")
    assert shadowed == plain


def test_a_shadow_that_raises_is_counted_and_the_next_frame_answered(tmp_path, beside):
    beside(Broken())
    with running(tmp_path) as client:
        assert post(client, draw(1, holes=3), 0).status_code == 200
        wait_for(client, 'coatsight_shadow_candidates_total{outcome="failed"} 3.0')
        assert post(client, draw(2, holes=1), 1).status_code == 200
        wait_for(client, 'coatsight_shadow_candidates_total{outcome="failed"} 4.0')
    assert asked(tmp_path, "SELECT * FROM shadow_counts") == []


def test_frames_are_answered_while_a_shadow_is_stuck_and_what_it_cannot_take_is_skipped(tmp_path, beside):
    stuck = Stuck()
    beside(stuck)
    with running(tmp_path) as client:
        assert post(client, draw(0, holes=2), 0).status_code == 200
        assert stuck.begun.wait(10)
        answers = [post(client, draw(n, holes=2), n) for n in range(1, 8)]
        wait_for(client, 'coatsight_shadow_candidates_total{outcome="skipped"} 6.0')
        stuck.go_on.set()
    assert [answer.status_code for answer in answers] == [200] * 7
    assert asked(tmp_path, "SELECT named, otherwise FROM shadow_counts") == [(10, 10)]


def test_a_shadow_waits_while_frames_are_under_way_and_still_ends(tmp_path, inspection):
    counted = Counts()
    with Store(tmp_path) as store:
        shadow = Shadow(named_by(Stains()), RUNNING, store, count=counted, idle=lambda: False)
        shadow.offer(7, inspection.record, named(inspection))
        time.sleep(0.1)
        assert not counted
        shadow.close()
    assert counted == {"same": 0, "otherwise": 3}
    assert asked(tmp_path, "SELECT DISTINCT frame FROM shadow_names") == [(7,)]


def test_a_shadow_goes_by_the_recipe_that_the_frame_was_named_by(tmp_path, inspection):
    counted = Counts()
    with Store(tmp_path) as store:
        shadow = Shadow(named_by(SureOfPinholes()), RUNNING, store, count=counted, idle=lambda: True)
        unsure = Naming(ClassificationSettings(unknown_below=0.99))
        shadow.offer(7, inspection.record, named(inspection, unsure))
        shadow.close()
    assert asked(tmp_path, "SELECT DISTINCT kind, shadow_kind FROM shadow_names") == [("pinhole", "unknown")]


def test_a_store_that_fails_stops_no_shadow(tmp_path, inspection):
    counted = Counts()
    with Store(tmp_path) as store:
        shadow = Shadow(named_by(Stains()), RUNNING, store, count=counted, idle=lambda: True)
        store._writer.close()
        shadow.offer(7, inspection.record, named(inspection))
        shadow.close()
        store._writer = Writer(store._writing)
    assert counted == {"same": 0, "otherwise": 3}


def test_counts_add_up_over_restarts(tmp_path, inspection):
    for frame in (1, 2):
        with Store(tmp_path) as store:
            shadow = Shadow(named_by(Stains()), RUNNING, store, count=Counts(), idle=lambda: True)
            shadow.offer(frame, inspection.record, named(inspection))
            shadow.close()
    assert shadow_count_in(tmp_path, RUNNING, BESIDE) == ShadowCount(RUNNING, BESIDE, named=6, otherwise=6)
    assert shadow_count_in(tmp_path, BESIDE, RUNNING).named == 0


def test_a_station_takes_what_was_promoted_when_it_starts(tmp_path):
    data = tmp_path / "station"
    put_golden_set(data)
    settings = Settings(data_dir=data)
    promotion.promote(settings, variant(tmp_path, "77"))
    promotion.cast_shadow(settings, variant(tmp_path, "78", kinds=NAMED_OTHERWISE))
    with TestClient(create_app(settings)) as client:
        promotion.rollback(data)
        told = [post(client, draw(n, holes=3), n).json() for n in range(2)]
    assert [each["model"]["version"] for each in told] == ["77", "77"]
    found = sum(len(each["defects"]) for each in told)
    sha256 = told[0]["model"]["sha256"]
    assert shadow_count_in(data, sha256, sha256) == ShadowCount(sha256, sha256, named=found, otherwise=found)


def test_a_shadow_that_cannot_be_loaded_keeps_no_station_from_starting(tmp_path):
    settings = Settings(data_dir=tmp_path / "station")
    kept = promotion.cast_shadow(settings, variant(tmp_path, "78"))
    kept.write_bytes(b"damaged")
    with running(tmp_path / "station") as client:
        assert post(client, draw(1, holes=3), 0).status_code == 200


def test_a_promoted_model_that_was_damaged_keeps_the_station_from_starting(tmp_path):
    settings = Settings(data_dir=tmp_path / "station")
    promoted = promotion.promote(settings, variant(tmp_path, "77"), anyway=True)
    promoted.model.write_bytes(b"damaged")
    with pytest.raises(ModelError, match="sha256"), TestClient(create_app(settings)):
        pass
