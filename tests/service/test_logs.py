"""Logs: machines read JSON, people read lines, and a flood of refusals fills no disk."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import draw, post, running
from people import new_key

from service.logs import log_to
from service.told_once import SUMMARY_EVERY_S, ToldOnce


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    for name in ("service", "inspection", "models"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def lines_of(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_is_one_json_object_with_what_it_is_about() -> None:
    stream = io.StringIO()
    log_to(stream, "info")
    logging.getLogger("service.rolls").info("roll %s", "opened", extra={"roll": "R\n1", "camera": "cam-1"})
    (line,) = lines_of(stream)
    assert (line["event"], line["level"], line["logger"]) == ("roll opened", "info", "service.rolls")
    assert (line["roll"], line["camera"]) == ("R\n1", "cam-1")
    assert line["timestamp"].endswith("Z")


def test_libraries_are_heard_in_the_same_form_when_something_is_wrong() -> None:
    stream = io.StringIO()
    log_to(stream, "debug")
    logging.getLogger("uvicorn.error").info("started")
    try:
        raise ValueError("a thing")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("it failed")
    (line,) = lines_of(stream)
    assert (line["event"], line["logger"]) == ("it failed", "uvicorn.error")
    assert "ValueError: a thing" in line["exception"]


def test_people_at_a_terminal_read_plain_lines() -> None:
    stream = Terminal()
    log_to(stream, "info")
    logging.getLogger("service.app").info("station started", extra={"workers": 2})
    told = stream.getvalue()
    assert "station started" in told
    assert not told.startswith("{")


def test_the_level_is_the_settings() -> None:
    stream = io.StringIO()
    log_to(stream, "warning")
    logging.getLogger("service.app").info("quiet")
    logging.getLogger("service.app").warning("loud")
    assert [line["event"] for line in lines_of(stream)] == ["loud"]


class Timers:
    """Calls what is due when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def later(self, seconds: float, due: Callable[[], None]) -> None:
        assert seconds == SUMMARY_EVERY_S
        self.waiting.append(due)

    def pass_by(self) -> None:
        due, self.waiting = self.waiting, []
        for each in due:
            each()


def test_of_a_flood_the_first_is_told_and_then_how_many(caplog: pytest.LogCaptureFixture) -> None:
    timers = Timers()
    flood = ToldOnce(timers.later)
    for n in range(1000):
        flood.tell("queue-full", "cam-1", "come later", sequence=n)
    flood.tell("queue-full", "cam-2", "come later")
    assert [record.getMessage() for record in caplog.records] == ["queue-full: come later"] * 2
    timers.pass_by()
    assert caplog.records[-1].getMessage() == "queue-full: 999 more in 10 s"
    timers.pass_by()
    assert (len(caplog.records), timers.waiting) == (3, [])
    flood.tell("queue-full", "cam-1", "come later")
    assert len(caplog.records) == 4


def test_a_running_station_logs_what_matters_and_no_ordinary_frame(tmp_path: Path) -> None:
    stream = io.StringIO()
    log_to(stream, "debug")
    with running(tmp_path, deadline_ms=30_000) as client:
        for sequence in range(5):
            assert post(client, draw(sequence), sequence).status_code == 200
        for sequence in range(20, 60):
            refused = client.post(
                "/v1/cameras/cam-1/frames",
                params={"roll": "R1", "sequence": sequence, "width": 64, "height": 64, "pixel_format": "Mono8"},
                content=b"SECRET-PIXELS",
                headers={"Content-Type": "application/octet-stream", "Authorization": "Bearer SECRET-KEY"},
            )
            assert refused.status_code == 422
    lines = lines_of(stream)
    assert list(dict.fromkeys(line["event"].split(":")[0] for line in lines)) == [
        "station started", "roll opened", "camera joins roll", "inconsistent-frame", "station stops",
    ]  # fmt: skip
    assert lines[3].items() >= {"camera": "cam-1", "roll": "R1", "sequence": 20, "cause": "inconsistent-frame"}.items()
    assert "SECRET" not in stream.getvalue()


def test_who_is_not_let_in_writes_no_camera_into_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    new_key(tmp_path)
    with running(tmp_path) as client:
        for n in range(100):
            params = {"roll": "R", "sequence": 0}
            assert client.post(f"/v1/cameras/made-up-{n}/frames", params=params).status_code == 401
        told = client.get("/metrics").text
    assert "made-up" not in told
    assert 'coatsight_refusals_total{camera="none",cause="unauthorized"} 100.0' in told
    assert len([record for record in caplog.records if record.getMessage().startswith("unauthorized: expected")]) == 1
