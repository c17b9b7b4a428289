"""The life of a roll by its routes: real servers, real sockets, both databases."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from databases import Database
from fakes import draw, post, running, shape_of
from numpy.typing import NDArray
from people import bearer, called, new_key, new_user, sign_in, soon

from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.frame import Frame
from inspection.geometry import Placement
from service.commands.calibration_files import keep_as_next

OPENING = {
    "roll_id": "R1",
    "product": "graphite",
    "order_number": "4711",
    "supplier_lots": ["CU-12", "SL-9"],
    "fields": {"coater": "2", "shift": "früh"},
}


@contextmanager
def station(database: Database, **settings: Any) -> Iterator[httpx.Client]:
    if database.url:
        settings["store_url"] = database.url
    with running(database.folder, **settings) as client:
        yield client


def send_as(client: httpx.Client, camera: str, pixels: NDArray[np.uint8]) -> httpx.Response:
    query = {"roll": "R1", "sequence": 0, **shape_of(pixels)}
    headers = {"Content-Type": "application/octet-stream"}
    return client.post(f"/v1/cameras/{camera}/frames", params=query, content=pixels.tobytes(), headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]


def shown(client: httpx.Client, roll: str = "R1") -> dict[str, Any]:
    return client.get(f"/v1/rolls/{roll}").raise_for_status().json()


def recipe(folder: Path, name: str, product: str | None = None, version: int = 1) -> None:
    (folder / "recipes").mkdir(exist_ok=True)
    told = f'product = "{product}"\n' if product else ""
    (folder / "recipes" / f"{name}.toml").write_text(f'name = "{name}"\nversion = {version}\n{told}')


def activate(database: Database, name: str, version: int, product: str | None = None) -> None:
    told = f'product = "{product}"' if product else ""
    text = f'name = "{name}"\nversion = {version}\n{told}\n'
    database.asked(
        "INSERT INTO recipes (name, version, product, text, kept_at) "
        f"VALUES ('{name}', {version}, NULL, '{text}', '2030')"
    )
    (last,) = database.asked("SELECT COALESCE(MAX(id), 0) FROM recipe_activations")[0]
    database.asked(
        "INSERT INTO recipe_activations (id, name, version, at, by, why) "
        f"VALUES ({last + 1}, '{name}', {version}, '2030', 'Anna', 'trial')"
    )


def test_an_opened_roll_tells_what_it_was_opened_with(database: Database) -> None:
    with station(database) as client:
        opened = client.post("/v1/rolls", json=OPENING)
        assert opened.status_code == 200
        told = opened.json()
        assert {name: told[name] for name in OPENING} == OPENING
        assert (told["state"], told["opened_by"], told["closed_at"]) == ("open", "nobody", None)
        assert (told["recipe"], told["model"]["name"]) == ({"name": "default", "version": 1}, "fake")
        assert (told["length_m"], told["frames"], told["cameras"], told["facts"]) == (0.0, 0, [], [])
        assert shown(client) == told


def test_a_roll_opened_again_with_the_same_is_the_same_and_with_anything_else_is_refused(database: Database) -> None:
    with station(database) as client:
        first = client.post("/v1/rolls", json=OPENING)
        assert client.post("/v1/rolls", json=OPENING).content == first.content
        for changed in ({"product": "nmc"}, {"order_number": None}, {"fields": {}}, {"supplier_lots": ["SL-9"]}):
            refused = client.post("/v1/rolls", json=OPENING | changed)
            assert problem(refused) == (409, "roll-opened")
        for word in ("graphite", "4711", "CU-12", "coater 2", "default 1", "by nobody"):
            assert word in refused.json()["detail"]
        assert shown(client) == first.json()
    rows = called("audit", "--data", database.folder) if not database.url else []
    assert [row["subject"] for row in rows] == ["roll R1"] * len(rows)


def test_frames_go_on_a_roll_that_was_opened_before_and_one_that_their_first_opens(database: Database) -> None:
    with station(database) as client:
        client.post("/v1/rolls", json=OPENING)
        for roll in ("R1", "R2"):
            assert post(client, draw(1), 0, roll=roll).status_code == 200
        assert (shown(client)["frames"], shown(client)["product"]) == (1, "graphite")
        told = shown(client, "R2")
        assert (told["frames"], told["product"], told["opened_by"]) == (1, None, None)
        assert told["length_m"] == pytest.approx(256 * 0.05 / 1e3)
        assert told["cameras"][0]["view"] == {"left_mm": 0.0, "right_mm": pytest.approx(25.6), "side": "top"}
        assert client.post("/v1/rolls", json={"roll_id": "R2"}).status_code == 200
        assert problem(client.post("/v1/rolls", json={"roll_id": "R2", "order_number": "1"})) == (409, "roll-opened")


def test_a_recipe_for_another_product_is_refused_by_both_names(tmp_path: Path) -> None:
    recipe(tmp_path, "anode", "graphite")
    with running(tmp_path) as client:
        refused = client.post("/v1/rolls", json={"roll_id": "R1", "product": "nmc", "recipe": "anode"})
        assert problem(refused) == (409, "other-product")
        assert "nmc" in refused.json()["detail"]
        assert "graphite" in refused.json()["detail"]
        assert client.get("/v1/rolls/R1").status_code == 404
        opened = client.post("/v1/rolls", json={"roll_id": "R1", "recipe": "anode"}).json()
        assert (opened["product"], opened["recipe"]["name"]) == ("graphite", "anode")
        same = client.post("/v1/rolls", json={"roll_id": "R1", "recipe": "anode", "product": "graphite"})
        assert same.json() == opened


def test_the_stations_own_recipe_for_another_product_is_refused_likewise(tmp_path: Path) -> None:
    recipe(tmp_path, "anode", "graphite")
    with running(tmp_path, default_recipe="anode") as client:
        assert problem(client.post("/v1/rolls", json={"roll_id": "R1", "product": "nmc"})) == (409, "other-product")
        assert post(client, draw(1), 0, roll="R2").status_code == 200
        assert shown(client, "R2")["product"] == "graphite"


def test_an_unknown_recipe_is_none_of_the_stations(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        refused = client.post("/v1/rolls", json={"roll_id": "R1", "recipe": "nowhere"})
        assert problem(refused) == (404, "unknown-recipe")
        assert "nowhere" in refused.json()["detail"]


def test_an_activated_recipe_takes_effect_with_the_next_roll_and_goes_before_a_file(database: Database) -> None:
    recipe(database.folder, "default", version=2)
    with station(database) as client:
        assert post(client, draw(1), 0, roll="R1").json()["recipe"]["version"] == 2
        activate(database, "default", 3)
        assert post(client, draw(2), 1, roll="R1").json()["recipe"]["version"] == 2
        assert post(client, draw(3), 0, roll="R2").json()["recipe"]["version"] == 3
        activate(database, "default", 4)
        assert client.post("/v1/rolls", json={"roll_id": "R3"}).json()["recipe"]["version"] == 4
    with station(database) as client:
        assert post(client, draw(4), 1, roll="R2").json()["recipe"]["version"] == 3


def test_a_station_whose_own_recipe_is_activated_needs_no_file(database: Database) -> None:
    with station(database):
        pass
    activate(database, "anode", 5, "graphite")
    with station(database, default_recipe="anode") as client:
        assert post(client, draw(1), 0).json()["recipe"] == {"name": "anode", "version": 5}


def test_a_closed_roll_takes_no_frames_and_gives_the_answers_that_it_gave(database: Database) -> None:
    with station(database) as client:
        answers = [post(client, draw(n, holes=1), n).content for n in range(3)]
        closed = client.post("/v1/rolls/R1/close")
        assert (closed.status_code, closed.json()["state"], closed.json()["closed_by"]) == (200, "closed", "nobody")
        refused = post(client, draw(3), 3)
        assert problem(refused) == (409, "roll-closed")
        assert closed.json()["closed_at"] in refused.json()["detail"]
        assert [post(client, draw(n, holes=1), n).content for n in range(3)] == answers
        assert post(client, draw(3), 0, roll="R2").status_code == 200
        assert soon(lambda: shown(client)["frames_after_closing"] == 1)
        told = shown(client)
        assert (told["frames"], told["not_inspected_m"]) == (3, pytest.approx(256 * 0.05 / 1e3))
        assert problem(post(client, draw(9), 1)) == (409, "conflict")
    with station(database) as client:
        assert [post(client, draw(n, holes=1), n).content for n in range(3)] == answers
        assert problem(post(client, draw(3), 3)) == (409, "roll-closed")


def test_a_roll_closed_twice_is_told_when_and_by_whom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_key(tmp_path, "*", "operator")
    new_user(tmp_path, monkeypatch)
    with running(tmp_path) as client:
        client.post("/v1/rolls", json=OPENING, headers=bearer(key)).raise_for_status()
        sign_in(client)
        first = client.post("/v1/rolls/R1/close").json()
        again = client.post("/v1/rolls/R1/close")
    assert first["opened_by"] == f"key {key['key_id']}"
    assert problem(again) == (409, "roll-closed")
    assert f"at {first['closed_at']} by user Anna" in again.json()["detail"]
    rows = called("audit", "--data", tmp_path)
    told = [(row["verb"], row["actor_kind"], row["actor"]) for row in rows if row["subject"] == "roll R1"]
    assert told == [("roll opened", "key", key["key_id"]), ("roll closed", "user", "Anna")]


def test_a_roll_interrupted_by_a_restart_goes_on(database: Database) -> None:
    with station(database) as client:
        opened = client.post("/v1/rolls", json=OPENING).json()
        post(client, draw(0), 0)
    activate(database, "default", 9)
    with station(database) as client:
        assert client.post("/v1/rolls", json=OPENING).json()["opened_at"] == opened["opened_at"]
        assert post(client, draw(1), 1).json()["recipe"] == opened["recipe"]
        told = shown(client)
    assert (told["frames"], told["frames_not_inspected"], told["state"]) == (2, 0, "open")
    assert told["length_m"] == pytest.approx(2 * 256 * 0.05 / 1e3)


@pytest.mark.parametrize("name", ["2030/17", "a%2Fb", "50 %", "R1/close", "<b>/é", "a/../b", "%" * 100])
def test_a_roll_of_any_name_is_found_at_its_address(tmp_path: Path, name: str) -> None:
    at = f"/v1/rolls/{quote(name, safe='')}"
    with running(tmp_path) as client:
        client.post("/v1/rolls", json={"roll_id": name}).raise_for_status()
        assert post(client, draw(1), 0, roll=name).status_code == 200
        assert client.get(at).raise_for_status().json()["roll_id"] == name
        assert client.get(f"{at}/verdict").raise_for_status().json()["roll_id"] == name
        assert client.post(f"{at}/close").raise_for_status().json()["state"] == "closed"
        assert client.put(f"{at}/close").headers["allow"] == "POST"
        assert problem(client.get(f"{at}%2F")) == (404, "unknown-roll")


def test_a_roll_that_nobody_knows_cannot_be_closed_or_shown(database: Database) -> None:
    with station(database) as client:
        assert problem(client.post("/v1/rolls/R1/close")) == (404, "unknown-roll")
        assert problem(client.get("/v1/rolls/R1")) == (404, "unknown-roll")


def test_a_roll_closed_by_a_command_beside_the_station_is_closed_for_its_cameras(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        first = post(client, draw(0), 0)
        called("roll", "close", "R1", "--data", tmp_path)
        refused = [post(client, draw(n), n) for n in (1, 1, 2)]
        assert {problem(answer) for answer in refused} == {(409, "roll-closed")}
        assert "command line" in refused[1].json()["detail"]
        assert post(client, draw(0), 0).content == first.content
        assert problem(send_as(client, "cam-2", draw(5))) == (409, "roll-closed")
        assert soon(lambda: shown(client)["frames_after_closing"] == 3)
        assert [camera["camera_id"] for camera in shown(client)["cameras"]] == ["cam-1", "cam-2"]


def test_what_is_answered_while_a_roll_is_closed_is_there_and_nothing_else(database: Database) -> None:
    """Frames of two cameras' worth of connections go on while somebody closes the roll."""
    answered: dict[int, bytes] = {}
    refused: set[int] = set()
    enough = threading.Event()

    def send(client: httpx.Client, first: int) -> None:
        for sequence in range(first, 60, 3):
            answer = post(client, draw(sequence), sequence)
            if answer.status_code == 200:
                answered[sequence] = answer.content
            elif problem(answer) == (409, "roll-closed"):
                refused.add(sequence)
            if len(answered) > 12:
                enough.set()

    with station(database, queue_frames=8) as client:
        threads = [threading.Thread(target=send, args=(client, first)) for first in range(3)]
        for thread in threads:
            thread.start()
        assert enough.wait(30)
        closed = client.post("/v1/rolls/R1/close").json()
        for thread in threads:
            thread.join(60)
        assert len(answered) + len(refused) == 60
        assert refused
        assert shown(client)["frames"] == len(answered) >= closed["frames"]
        for answer in answered.values():
            kept = client.get(f"/v1/frames/{json.loads(answer)['frame_id']}")
            assert kept.content == answer
        assert soon(lambda: shown(client)["frames_after_closing"] == len(refused))


def test_a_position_that_runs_backwards_is_a_fact_of_the_roll(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        for sequence, place in enumerate((0, 1, 2, 1, 0, 1)):
            assert post(client, draw(sequence), sequence, position_mm=12.8 * place).status_code == 200
        (fact,) = shown(client)["facts"]
    assert (fact["about"], fact["cameras"]) == ("position", ["cam-1"])
    assert (fact["from_mm"], fact["to_mm"], fact["by_mm"]) == (0, pytest.approx(38.4), pytest.approx(25.6))
    assert "check the encoder" in fact["told"]


def _versioned(made: Calibration, version: int) -> Calibration:
    return replace(made, version=version)


def test_calibrated_cameras_beside_each_other_show_their_views(tmp_path: Path) -> None:
    frames = [Frame(draw(seed)) for seed in range(4)]
    for camera, offset_mm in (("cam-1", 0.0), ("cam-2", 30.0)):
        made = calibrate(frames, Placement(cross_offset_mm=offset_mm), camera=camera)
        keep_as_next(tmp_path, camera, partial(_versioned, made))
    with running(tmp_path) as client:
        for camera in ("cam-1", "cam-2"):
            answer = send_as(client, camera, draw(7))
            assert answer.json()["calibrated"]
        cameras = shown(client)["cameras"]
    assert [camera["view"]["left_mm"] for camera in cameras] == [0.0, 30.0]
    assert [camera["view"]["right_mm"] for camera in cameras] == [pytest.approx(25.6), pytest.approx(55.6)]
    assert [camera["calibration_version"] for camera in cameras] == [1, 1]


BAD = {
    "no id": {"product": "x"},
    "an empty id": {"roll_id": ""},
    "a misspelt key": {"roll_id": "R1", "produkt": "x"},
    "a line end": {"roll_id": "R\n1"},
    "a long order": {"roll_id": "R1", "order_number": "1" * 65},
    "many lots": {"roll_id": "R1", "supplier_lots": ["x"] * 33},
    "many fields": {"roll_id": "R1", "fields": {str(n): "x" for n in range(33)}},
    "a field that is no text": {"roll_id": "R1", "fields": {"a": 1}},
    "a recipe that is a path": {"roll_id": "R1", "recipe": "../x"},
    "a list": [],
}


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running(tmp_path_factory.mktemp("idle")) as client:
        yield client


@pytest.mark.parametrize("bad", BAD)
def test_a_malformed_opening_is_refused_by_what_is_wrong_and_opens_nothing(idle: httpx.Client, bad: str) -> None:
    refused = idle.post("/v1/rolls", json=BAD[bad])
    assert problem(refused) == (422, "malformed-query")
    assert refused.json()["detail"].startswith("body")
    assert idle.get("/v1/rolls").json()["rolls"] == []


def test_an_opening_that_is_no_json_or_too_large_is_refused(idle: httpx.Client) -> None:
    as_json = {"Content-Type": "application/json"}
    assert problem(idle.post("/v1/rolls", content=b"\xff{", headers=as_json)) == (422, "malformed-query")
    assert problem(idle.post("/v1/rolls", content=b" " * 300_000, headers=as_json)) == (400, "malformed-body")
    assert problem(idle.post("/v1/rolls", data={"roll_id": "R1"})) == (415, "unknown-coding")


@pytest.mark.parametrize("query", ["state=ajar", "limit=201", "limit=0", "since=yesterday", "after=", "text="])
def test_a_malformed_list_query_is_refused(idle: httpx.Client, query: str) -> None:
    assert idle.get(f"/v1/rolls?{query}").status_code == 422


def test_the_list_goes_on_page_by_page(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        for number in range(5):
            client.post("/v1/rolls", json={"roll_id": f"R{number}", "product": "lfp" if number else "nmc"})
        first = client.get("/v1/rolls", params={"limit": 3, "product": "lfp"}).json()
        rest = client.get("/v1/rolls", params={"limit": 3, "product": "lfp", "after": first["next_after"]}).json()
        assert problem(client.get("/v1/rolls", params={"after": "bnVsbA=="})) == (404, "unknown-page")
    assert [roll["roll_id"] for roll in first["rolls"] + rest["rolls"]] == ["R4", "R3", "R2", "R1"]
    assert rest["next_after"] is None


def test_who_may_not_is_refused_before_the_body_is_read(tmp_path: Path) -> None:
    camera = new_key(tmp_path)
    with running(tmp_path) as client:
        assert client.post("/v1/rolls", content=b"{").status_code == 401
        assert client.post("/v1/rolls", content=b"{", headers=bearer(camera)).status_code == 403
        assert client.post("/v1/rolls/R1/close", headers=bearer(camera)).status_code == 403
