"""A roll's lanes as they are asked for: over HTTP and at the command line, from frames that a camera sent."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from fakes import draw, post, running
from records import entry

from inspection.record import LaneExtent
from service.cli import main
from service.rollbook.lanes import lanes_of_roll, measured_lanes
from service.rollbook.opened import opened_roll
from service.store.beside import reading
from service.store.entries import RollEntry
from service.store.store import Store

RECIPE = """
name = "cathode"
version = 3
[lanes.width]
mm = 0.5
[lanes.position]
mm = 1.0
severity = "critical"
[[lanes.plan]]
left_mm = 10
width_mm = 90
[[lanes.plan]]
left_mm = 110
width_mm = 90
"""
METRES = 80


def measured(folder: Path, *, recipe: str | None = RECIPE, wide: tuple[int, ...] = ()) -> None:
    """Keep a roll of two lanes, one frame a metre; lane 2 is too wide in some metres."""
    rng = np.random.default_rng(1)
    with Store(folder) as store:
        store.open_roll(RollEntry("R1", "2030", "cathode", 3, recipe, "fake", "1", "f" * 64)).result(5)
        for metre in range(METRES):
            left, right = rng.normal(0, 0.01, 2)
            extra = 0.8 if metre in wide else 0.0
            lanes = (LaneExtent(1, 10 + left, 100 + right), LaneExtent(2, 110 + left, 200 + right + extra))
            plain = entry(metre)
            frame = replace(plain, position_mm=1000.0 * metre, record=replace(plain.record, lanes=lanes))
            store.keep_frame(frame).result(5)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    measured(tmp_path, wide=(30, 31, 32))
    with running(tmp_path) as client:
        yield client


def lanes(client: httpx.Client, **query: int) -> dict:
    answer = client.get("/v1/rolls/R1/lanes", params=query)
    assert answer.status_code == 200
    return answer.json()


def of(told: dict, lane: int, name: str) -> dict:
    return next(each for each in told["lanes"][lane - 1]["measures"] if each["name"] == name)


def test_lanes_are_told_with_their_capability_charts_and_faults(client: httpx.Client) -> None:
    told = lanes(client)
    assert (told["planned"], told["per_m"], [lane["lane"] for lane in told["lanes"]]) == (True, 1, [1, 2])
    width = of(told, 1, "width_mm")
    assert list(width)[1] == "capability"
    assert width["capability"]["cp"] == pytest.approx(1 / (6 * 0.01 * 2**0.5), rel=0.3)
    assert width["chart"]["centre_mm"] == pytest.approx(90, abs=0.01)
    assert len(width["series"]["from_m"]) == METRES
    gap = of(told, 1, "gap_mm")
    assert (gap["capability"], gap["chart"]["centre_mm"]) == (None, pytest.approx(10, abs=0.01))
    (fault,) = told["faults"]
    assert (fault["lane"], fault["from_mm"], fault["to_mm"]) == (2, 30_000, 33_000)
    assert fault["cause"] == "lane"


def test_capability_is_refused_where_a_lane_jumped_and_the_chart_says_where(client: httpx.Client) -> None:
    width = of(lanes(client), 2, "width_mm")
    assert width["capability"]["cp"] is None
    assert width["capability"]["refused"].startswith("not stable: rule ")
    assert any(each["from_m"] <= 31 < each["to_m"] for each in width["chart"]["violations"])


def test_a_series_can_be_thinned_and_charts_stay(client: httpx.Client) -> None:
    fine, coarse = lanes(client), lanes(client, per_m=20)
    assert of(coarse, 2, "width_mm")["series"]["from_m"] == [0, 20, 40, 60]
    assert max(of(coarse, 2, "width_mm")["series"]["high_mm"]) == max(of(fine, 2, "width_mm")["series"]["high_mm"])
    assert of(coarse, 2, "width_mm")["chart"] == of(fine, 2, "width_mm")["chart"]
    assert coarse["faults"] == fine["faults"]
    assert coarse["lanes"][0]["density"]["from_m"] == [0, 20, 40, 60]


@pytest.mark.parametrize(("roll", "query", "status"), [("R2", {}, 404), ("R1", {"per_m": 0}, 422)])
def test_a_roll_that_nobody_knows_and_bins_of_nothing_are_refused(client, roll, query, status) -> None:
    assert client.get(f"/v1/rolls/{roll}/lanes", params=query).status_code == status


def test_frames_that_a_camera_sent_are_measured(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        (lane,) = post(client, draw(1), 0).json()["lanes"]
        told = lanes(client)
    assert (lane["left_in_sight"], lane["patches"], told["planned"]) == (True, None, False)
    # Without a calibration the frame was held: what it shows is no measure.
    (only,) = told["lanes"]
    assert (only["camera_id"], only["measures"]) == ("cam-1", [])


def test_the_command_tells_the_same_and_says_no_where_something_is_out_of_tolerance(tmp_path, capsys) -> None:
    measured(tmp_path, wide=(5,))
    assert main(["roll", "lanes", "R1", "--data", str(tmp_path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [fault["lane"] for fault in told["faults"]] == [2]
    assert main(["roll", "lanes", "R1", "--data", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "width 90.8" in shown
    assert "89.5 to 90.5" in shown


def test_the_command_says_yes_where_all_is_in_tolerance_and_names_a_missing_plan(tmp_path, capsys) -> None:
    measured(tmp_path, recipe=None)
    assert main(["roll", "lanes", "R1", "--data", str(tmp_path)]) == 0
    assert "no lane plan" in capsys.readouterr().err
    assert main(["roll", "lanes", "R9", "--data", str(tmp_path)]) == 2
    assert "there is none of the name R9" in capsys.readouterr().err


def test_the_faults_that_judge_a_roll_are_those_that_are_told(tmp_path: Path) -> None:
    measured(tmp_path, wide=(30,))
    with reading(tmp_path) as connection:
        opened = opened_roll(connection, "R1")
        faults = measured_lanes(connection, opened).faults(opened.recipe.lanes)
        assert faults == list(lanes_of_roll(connection, "R1").faults)
    assert [(each.lane, each.from_mm) for each in faults] == [(2, 30_000)]
