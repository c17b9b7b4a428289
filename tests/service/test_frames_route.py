"""The pinned route, over a real server and real sockets."""

import base64
import hashlib
import io
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import google_crc32c
import httpx
import numpy as np
import pytest
import zstandard
from databases import Database
from fakes import draw, post, running, shape_of

from inspection.calibrating import calibrate
from inspection.frame import Frame
from inspection.geometry import Placement
from service.schemas import FrameAnswer, FrameSummary

RAW = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running(tmp_path_factory.mktemp("station"), max_columns=4096) as opened:
        yield opened


@pytest.fixture
def roll(request: pytest.FixtureRequest) -> str:
    """A roll of the test's own on the station that they share."""
    return str(request.node.name)[:100]


def send(client: httpx.Client, content: bytes, headers: dict[str, str], **query: Any) -> httpx.Response:
    return client.post("/v1/cameras/cam-1/frames", params=query, content=content, headers=headers)


def digest(name: str, body: bytes) -> str:
    value = hashlib.sha256(body).digest() if name == "sha-256" else google_crc32c.value(body).to_bytes(4, "big")
    return f"{name}=:{base64.b64encode(value).decode()}:"


def refusals(client: httpx.Client, name: str) -> float:
    """Of all cameras."""
    lines = client.get("/metrics").text.splitlines()
    told = [line for line in lines if line.startswith("coatsight_refusals_total{") and f'cause="{name}"' in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in told)


def not_inspected(client: httpx.Client) -> int:
    """Of the latest frame's roll."""
    return int(client.get("/v1/cameras/cam-1").json()["not_inspected"])


def refusals_remembered(client: httpx.Client, count: int) -> bool:
    """Whether that many come to be remembered: refusals are written without being waited for."""
    until = time.monotonic() + 10
    while not_inspected(client) != count:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_a_raw_frame_is_answered_with_everything_that_made_the_verdict(client: httpx.Client, roll: str) -> None:
    answered = post(client, draw(1, holes=3), 17, roll=roll)
    assert answered.status_code == 200
    told = FrameAnswer.model_validate_json(answered.content)
    assert (told.camera_id, told.roll_id, told.sequence) == ("cam-1", roll, 17)
    assert (told.calibrated, told.calibration, told.verdict) == (False, None, "hold")
    assert "not calibrated" in told.reasons
    assert len(told.defects) == 3
    box = told.defects[0].box_px
    assert told.defects[0].down_mm == pytest.approx(17 * 256 * 0.05 + (box.y + box.height / 2) * 0.05, abs=1e-3)
    stages = [part.split(";")[0] for part in answered.headers["Server-Timing"].split(", ")]
    assert stages == ["queue", "decode", "detect", "classify", "store", "total"]


def test_the_position_given_is_the_position_of_row_0(client: httpx.Client, roll: str) -> None:
    told = post(client, draw(2, holes=1), 0, roll=roll, position_mm=5000).json()
    assert 5000 < told["defects"][0]["down_mm"] < 5000 + 256 * 0.05


@pytest.mark.parametrize("name", ["crc32c", "sha-256"])
def test_a_digest_that_fits_is_accepted_and_one_that_does_not_is_refused(
    client: httpx.Client, roll: str, name: str
) -> None:
    body = draw(3).tobytes()
    query = {"roll": roll, **shape_of(draw(3))}
    before = refusals(client, "digest-mismatch")
    wrong = send(client, body, RAW | {"Content-Digest": digest(name, body + b"x")}, sequence=0, **query)
    assert (wrong.status_code, wrong.json()["status"]) == (400, 400)
    assert refusals(client, "digest-mismatch") == before + 1
    assert send(client, body, RAW | {"Content-Digest": digest(name, body)}, sequence=0, **query).status_code == 200


def test_all_encodings_of_the_same_pixels_are_the_same_frame(client: httpx.Client, roll: str) -> None:
    pixels = draw(4, holes=2)
    first = post(client, pixels, 0, roll=roll)
    packed = zstandard.ZstdCompressor().compress(pixels.tobytes())
    png = cv2.imencode(".png", pixels)[1].tobytes()
    bmp = cv2.imencode(".bmp", pixels)[1].tobytes()
    again = [
        send(client, packed, RAW | {"Content-Encoding": "zstd"}, roll=roll, sequence=0, **shape_of(pixels)),
        send(client, png, {"Content-Type": "image/png"}, roll=roll, sequence=0),
        send(client, bmp, {"Content-Type": "image/bmp"}, roll=roll, sequence=0),
        client.post(
            "/v1/cameras/cam-1/frames",
            params={"roll": roll, "sequence": 0},
            files={"image": ("a.png", io.BytesIO(png), "image/png")},
        ),
    ]
    assert first.status_code == 200
    assert [answer.content for answer in again] == [first.content] * 4


def test_deep_grey_stays_deep(client: httpx.Client, roll: str) -> None:
    pixels = draw(5, holes=2).astype(np.uint16) * 16
    query = {"roll": roll, "sequence": 0, **shape_of(pixels, "Mono12")}
    assert send(client, pixels.tobytes(), RAW, **query).status_code == 200
    deep_png = cv2.imencode(".png", pixels * 16)[1].tobytes()
    assert send(client, deep_png, {"Content-Type": "image/png"}, roll=roll, sequence=1).status_code == 200
    shown = [FrameSummary.model_validate(frame) for frame in client.get("/v1/frames/latest?limit=2").json()]
    assert [len(frame.boxes) for frame in shown] == [2, 2]


def test_the_same_number_with_other_pixels_is_a_conflict_that_changes_nothing(client: httpx.Client, roll: str) -> None:
    first = post(client, draw(6), 0, roll=roll)
    other = post(client, draw(7), 0, roll=roll)
    assert (other.status_code, other.headers["Content-Type"]) == (409, "application/problem+json")
    assert post(client, draw(6), 0, roll=roll).content == first.content


def test_pixels_that_came_under_a_number_that_was_taken_were_not_inspected(client: httpx.Client, roll: str) -> None:
    post(client, draw(6), 0, roll=roll)
    assert post(client, draw(7), 0, roll=roll).status_code == 409
    assert refusals_remembered(client, 1)
    told = client.get(f"/v1/rolls/{roll}/not-inspected").json()["cameras"][0]
    assert told["stretches"] == [
        {"first_sequence": 0, "last_sequence": 0, "from_m": 0.0, "to_m": 0.0128, "causes": {"conflict": 1}}
    ]


def test_what_was_refused_or_never_came_is_told_in_metres(client: httpx.Client, roll: str) -> None:
    for sequence in (0, 1, 5):
        post(client, draw(60 + sequence), sequence, roll=roll)
    query = {"roll": roll, "sequence": 3, **SHAPE, "position_mm": 3 * 12.8}
    assert send(client, PIXELS.tobytes()[:-1], RAW, **query).status_code == 422
    assert refusals_remembered(client, 1)
    told = client.get(f"/v1/rolls/{roll}/not-inspected").json()["cameras"]
    assert [(each["camera_id"], each["frames"], each["metres"]) for each in told] == [("cam-1", 3, 0.0384)]
    assert told[0]["stretches"][0]["causes"] == {"missing": 2, "inconsistent-frame": 1}
    assert client.get("/v1/rolls/never-seen/not-inspected").status_code == 404


def test_the_same_frame_on_two_connections_is_inspected_once(client: httpx.Client, roll: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: post(client, draw(8, holes=2), 0, roll=roll), range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


def test_a_station_tells_the_same_on_either_database(database: Database) -> None:
    with running(database.folder, store_url=database.url) as client:
        first = post(client, draw(1, holes=3), 0)
        assert (first.status_code, len(first.json()["defects"])) == (200, 3)
        refused = send(client, b"short", RAW, roll="R1", sequence=1, **shape_of(draw(2)))
        assert (refused.status_code, refusals_remembered(client, 1)) == (422, True)
    with running(database.folder, store_url=database.url) as client:
        assert post(client, draw(1, holes=3), 0).content == first.content
        assert post(client, draw(2), 0).status_code == 409
        assert post(client, draw(2), 1).status_code == 200
        assert refusals_remembered(client, 1)
        assert client.get(f"/v1/frames/{first.json()['frame_id']}").content == first.content
        assert [frame["sequence"] for frame in client.get("/v1/frames/latest").json()] == [1, 0]
        assert client.get("/v1/cameras").json() == ["cam-1"]
        assert client.get("/v1/cameras/cam-1").json()["last_sequence"] == 1
        assert client.get("/readyz").json()["status"] == "ready"


def test_frames_may_come_in_any_order(client: httpx.Client, roll: str) -> None:
    assert [post(client, draw(20 + n), n, roll=roll).status_code for n in (5, 2, 9)] == [200, 200, 200]
    camera = client.get("/v1/cameras/cam-1").json()
    assert (camera["last"]["sequence"], camera["last_sequence"], camera["last"]["roll_id"]) == (9, 9, roll)


def test_a_frozen_camera_is_held(client: httpx.Client, roll: str) -> None:
    post(client, draw(9), 0, roll=roll)
    told = post(client, draw(9), 1, roll=roll).json()
    assert (told["verdict"], told["reasons"][0]) == ("hold", "frozen camera: pixels identical to frame 0")


PIXELS = draw(10)
SHAPE = shape_of(PIXELS)
PNG = cv2.imencode(".png", PIXELS)[1].tobytes()
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
ZSTD = RAW | {"Content-Encoding": "zstd"}
REFUSED: dict[str, tuple[int, bytes, dict[str, str], dict[str, Any]]] = {
    "no type": (415, PIXELS.tobytes(), {}, SHAPE),
    "unknown type": (415, PIXELS.tobytes(), {"Content-Type": "image/webp"}, SHAPE),
    "unknown pixel format": (415, PIXELS.tobytes(), RAW, SHAPE | {"pixel_format": "Mono8s"}),
    "unknown coding": (415, PIXELS.tobytes(), RAW | {"Content-Encoding": "br"}, SHAPE),
    "packed file": (415, PNG, {"Content-Type": "image/png", "Content-Encoding": "zstd"}, {}),
    "no shape": (422, PIXELS.tobytes(), RAW, {}),
    "too short": (422, PIXELS.tobytes()[:-1], RAW, SHAPE),
    "too long": (422, PIXELS.tobytes() + b"x", RAW, SHAPE),
    "too wide": (413, b"", RAW, SHAPE | {"width": 4097}),
    "too tall": (413, b"", RAW, SHAPE | {"height": 2**31}),
    "mislabelled": (422, PNG, {"Content-Type": "image/jpeg"}, {}),
    "truncated": (422, PNG[:-20], {"Content-Type": "image/png"}, {}),
    "no image": (415, b"hello", {"Content-Type": "image/png"}, {}),
    "empty": (415, b"", {"Content-Type": "image/png"}, {}),
    "another size than told": (422, PNG, {"Content-Type": "image/png"}, {"width": 500}),
    "not zstd": (422, b"hello", ZSTD, SHAPE),
    "too little in zstd": (422, zstandard.compress(PIXELS.tobytes()[:-1]), ZSTD, SHAPE),
    "too much in zstd": (422, zstandard.compress(PIXELS.tobytes() + b"x"), ZSTD, SHAPE),
    "a bomb": (422, zstandard.compress(bytes(1 << 28)), ZSTD, SHAPE),
    "malformed digest": (400, PIXELS.tobytes(), RAW | {"Content-Digest": "crc32c=abc"}, SHAPE),
    "no form": (400, b"hello", MULTIPART, {}),
    "malformed position": (422, PIXELS.tobytes(), RAW, SHAPE | {"position_mm": "nan"}),
    "malformed time": (422, PIXELS.tobytes(), RAW, SHAPE | {"captured_at": "20300131"}),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_wrong_is_refused_told_and_remembered(client: httpx.Client, roll: str, why: str) -> None:
    status, body, headers, query = REFUSED[why]
    post(client, draw(11), 0, roll=roll)
    refused = send(client, body, headers, roll=roll, sequence=1, **query)
    told = refused.json()
    assert (refused.status_code, told["status"]) == (status, status)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert set(told) == {"type", "title", "status", "detail"}
    assert refusals(client, told["type"].rsplit(":", 1)[1]) >= 1
    assert refusals_remembered(client, 1)
    assert post(client, draw(12), 1, roll=roll).status_code == 200
    assert not_inspected(client) == 0


def test_the_counters_tell_what_happened(client: httpx.Client, roll: str) -> None:
    post(client, draw(40, holes=1), 0, roll=roll)
    told = client.get("/metrics").text
    for name in (
        'frames_total{camera="cam-1",verdict="hold"}',
        "frames_under_way 0.0",
        'queue_depth{camera="cam-1"} 0.0',
        "pictures_dropped 0.0",
        "records_waiting",
    ):
        assert f"coatsight_{name}" in told


@pytest.mark.parametrize("query", [{}, {"roll": "R"}, {"roll": "R", "sequence": -1}, {"roll": "", "sequence": 1}])
def test_a_frame_without_a_number_is_malformed(client: httpx.Client, query: dict[str, Any]) -> None:
    refused = send(client, PIXELS.tobytes(), RAW, **SHAPE, **query)
    assert (refused.status_code, refused.headers["Content-Type"]) == (422, "application/problem+json")


def conversation(client: httpx.Client, head: str) -> socket.socket:
    connection = socket.create_connection((client.base_url.host, client.base_url.port), timeout=10)
    connection.sendall(head.replace("\n", "\r\n").encode())
    return connection


def head(roll: str, sequence: int, *, width: int = 512, expect: bool = True) -> str:
    query = f"roll={roll}&sequence={sequence}&width={width}&height=256&pixel_format=Mono8"
    expecting = "Expect: 100-continue\n" if expect else ""
    return (
        f"POST /v1/cameras/cam-1/frames?{query} HTTP/1.1\nHost: x\nContent-Type: application/octet-stream\n"
        f"Content-Length: {width * 256}\n{expecting}\n"
    )


def test_a_refusal_needs_no_body(client: httpx.Client) -> None:
    with conversation(client, head("expecting", 0, width=5000)) as connection:
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def test_an_expected_body_is_asked_for(client: httpx.Client) -> None:
    with conversation(client, head("expecting", 1)) as connection:
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(draw(13).tobytes())
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_breaks_off_is_remembered(client: httpx.Client, roll: str) -> None:
    post(client, draw(14), 0, roll=roll)
    with conversation(client, head(roll, 1, expect=False)) as connection:
        connection.sendall(bytes(1000))
    assert refusals_remembered(client, 1)


def test_a_full_queue_says_when_to_come_again_before_the_body_is_read(tmp_path: Path) -> None:
    with running(tmp_path, queue_frames=1) as client:
        post(client, draw(0), 0)
        with conversation(client, head("R1", 1, expect=True)) as slow:
            assert slow.recv(100).startswith(b"HTTP/1.1 100")
            with conversation(client, head("R1", 2)) as second:
                answer = second.makefile("rb").read()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after: 1\r\n" in answer.lower()
            assert json.loads(answer.split(b"\r\n\r\n")[1])["retry_after_ms"] >= 1
            assert refusals_remembered(client, 1)
            slow.sendall(draw(1).tobytes())
            assert slow.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert post(client, draw(2), 2).status_code == 200


def test_a_body_that_dawdles_gives_its_place_back(tmp_path: Path) -> None:
    with running(tmp_path, body_timeout_s=0.2, queue_frames=1) as client:
        with conversation(client, head("R1", 0, expect=False)) as slow:
            assert slow.recv(4096).startswith(b"HTTP/1.1 408 ")
        assert post(client, draw(0), 0).status_code == 200


def test_an_answer_that_would_be_late_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, deadline_ms=1) as client:
        late = post(client, draw(0), 0)
        assert (late.status_code, late.json()["type"]) == (503, "urn:coatsight:problem:deadline-passed")
        assert int(late.headers["Retry-After"]) >= 1


def test_unknown_cameras_are_refused_where_the_settings_say_so(tmp_path: Path) -> None:
    with running(tmp_path, require_known_cameras=True) as client:
        assert post(client, draw(0), 0).status_code == 404
        (tmp_path / "calibrations" / "cam-1").mkdir(parents=True)
        assert post(client, draw(0), 0).status_code == 200


def test_a_roll_keeps_its_calibration_and_the_next_one_takes_the_newest(tmp_path: Path) -> None:
    frames = [Frame(draw(100 + n)) for n in range(12)]
    folder = tmp_path / "calibrations" / "cam-1"
    calibrate(frames, Placement(), camera="cam-1", version=1).save(folder / "1.npz")
    with running(tmp_path) as client:
        first = post(client, draw(50), 0, roll="A").json()
        calibrate(frames, Placement(), camera="cam-1", version=2).save(folder / "2.npz")
        same_roll = post(client, draw(51), 1, roll="A").json()
        next_roll = post(client, draw(52), 0, roll="B").json()
    assert [told["calibration"]["version"] for told in (first, same_roll, next_roll)] == [1, 1, 2]
    assert (first["calibrated"], first["verdict"], first["reasons"]) == (True, "pass", [])


def test_after_a_restart_a_roll_is_held_when_its_model_or_calibration_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "calibrations" / "cam-1"
    frames = [Frame(draw(100 + n)) for n in range(12)]
    calibrate(frames, Placement(), camera="cam-1", version=1).save(folder / "1.npz")
    with running(tmp_path) as client:
        answered = post(client, draw(50), 0)
    (folder / "1.npz").unlink()
    with running(tmp_path, model_sha256="e" * 64) as client:
        told = post(client, draw(51), 1).json()
        assert told["verdict"] == "hold"
        assert told["reasons"][:2] == [
            "another model than fake 1 of this roll: open a new roll",
            "calibration 1 of cam-1 cannot be read",
        ]
        assert post(client, draw(50), 0).content == answered.content
        assert post(client, draw(51), 2).json()["reasons"][0] == "frozen camera: pixels identical to frame 1"


def test_a_recipe_of_the_installation_is_used_and_named(tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "anode.toml").write_text('name = "anode"\nversion = 7\n')
    with running(tmp_path, default_recipe="anode") as client:
        assert post(client, draw(0), 0).json()["recipe"] == {"name": "anode", "version": 7}


def test_live_listeners_hear_of_each_frame_and_of_its_picture(client: httpx.Client, roll: str) -> None:
    heard: list[str] = []
    with client.stream("GET", "/v1/live") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        poster = threading.Thread(target=post, args=(client, draw(30, holes=1), 0), kwargs={"roll": roll})
        poster.start()
        while len(heard) < 2:
            if (line := next(lines)).startswith("data: "):
                heard.append(line.removeprefix("data: "))
        poster.join()
    frame = json.loads(heard[0])
    assert FrameSummary.model_validate(frame).boxes[0].kind == "pinhole"
    assert json.loads(heard[1]) == {"frame_id": frame["frame_id"]}
    picture = client.get(f"/v1/frames/{frame['frame_id']}/image.jpg")
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert client.get(f"/v1/frames/{frame['frame_id']}").json()["sequence"] == 0


def test_the_live_page_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "http" not in page.text.replace("http-equiv", "")
    for name in ("live.js", "live.css", "icon.svg"):
        assert f"/static/{name}" in page.text
        assert client.get(f"/static/{name}").status_code == 200


def test_the_openapi_document_tells_the_route(client: httpx.Client) -> None:
    told = client.get("/openapi.json").json()["paths"]["/v1/cameras/{camera_id}/frames"]["post"]
    assert {"camera_id", "roll", "sequence", "width"} <= {parameter["name"] for parameter in told["parameters"]}
    assert "application/octet-stream" in told["requestBody"]["content"]
    assert {"200", "409", "413", "503"} <= set(told["responses"])


@pytest.mark.parametrize("path", ["/nowhere", "/v1/frames/0000000000000000", "/v1/cameras/never-seen"])
def test_what_is_not_there_is_a_problem_too(client: httpx.Client, path: str) -> None:
    missing = client.get(path)
    assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_kept_frame_can_be_looked_at_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        frame_id = post(client, draw(1, holes=2), 0).json()["frame_id"]
    with running(tmp_path) as client:
        picture = client.get(f"/v1/frames/{frame_id}/image.jpg")
    shown = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert shown is not None
    assert shown.shape == (256, 512)


def test_where_frames_come_too_late_fewer_are_let_in(tmp_path: Path) -> None:
    with running(tmp_path, deadline_ms=1, wanted_ms=1) as client:
        before = places(client)
        for sequence in range(40):
            assert post(client, draw(0), sequence=sequence).status_code == 503
        assert places(client) < before


def places(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("coatsight_places ")))


def test_of_a_refusal_that_quotes_a_whole_query_little_is_kept(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        assert post(client, draw(0), sequence=1, captured_at="1" * 9000).status_code == 422
    with sqlite3.connect(tmp_path / "station.sqlite") as kept:
        assert kept.execute("SELECT length(detail) FROM not_inspected").fetchall() == [(500,)]
