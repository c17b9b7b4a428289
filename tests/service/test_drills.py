"""Each failure drill in small, against real stations."""

import json
import os
from pathlib import Path

import pytest
from fakes import running
from people import new_key

from inspection.errors import InputError
from service.cli import main
from service.drills import sequence_restart, slow_loris
from service.drills.report import Options, Report
from service.drills.table import DRILLS
from service.store.database import DATABASE
from service.store.store import Store

SMALL = ("sequence-restart", "two-cameras", "encoder-reversal", "half-sent")


@pytest.mark.parametrize("name", SMALL)
def test_a_running_station_withstands(tmp_path: Path, name: str) -> None:
    with running(tmp_path) as client:
        report = DRILLS[name].run(Options(url=str(client.base_url), times=3))
    assert report.faults == ()


def test_slow_clients_are_closed_while_a_camera_goes_on(tmp_path: Path) -> None:
    with running(tmp_path, head_timeout_s=1, body_timeout_s=1) as client:
        report = DRILLS["slow-loris"].run(Options(url=str(client.base_url), times=40))
    assert report.faults == ()


def test_slow_clients_that_are_let_be_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_loris, "_LONGEST_S", 1.0)
    with running(tmp_path, head_timeout_s=600, body_timeout_s=600) as client:
        report = DRILLS["slow-loris"].run(Options(url=str(client.base_url), times=4))
    assert report.faults == ("slow clients were never closed",)


@pytest.mark.parametrize(("name", "times"), [("kill", 1), ("clock-jump", 1)])
def test_a_station_of_its_own_withstands(tmp_path: Path, name: str, times: int) -> None:
    report = DRILLS[name].run(Options(data=tmp_path, times=times))
    assert report.faults == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_a_full_disk_refuses_and_recovers() -> None:
    assert DRILLS["disk-full"].run(Options()).faults == ()


def test_a_drill_that_cannot_be_held_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COATSIGHT_STORE_URL", raising=False)
    for name, options, told in (
        ("kill", Options(url="http://127.0.0.1:1"), "its own station"),
        ("database-restart", Options(), "--stop and --start"),
        ("database-restart", Options(stop="true", start="true"), "COATSIGHT_STORE_URL"),
    ):
        with pytest.raises(InputError, match=told):
            DRILLS[name].run(options)


def test_the_command_lists_reports_and_says_no(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert main(["drill", "list", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == set(DRILLS)
    assert main(["drill", "earthquake"]) == 2
    assert "expected a drill out of kill, half-sent" in capsys.readouterr().err
    with running(tmp_path) as client:
        arguments = ["drill", "encoder-reversal", "--url", str(client.base_url)]
        assert main([*arguments, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["passed"] is True
        assert main(arguments) == 0
        assert capsys.readouterr().out.endswith("PASS      encoder-reversal\n")


def test_a_fault_ends_with_exit_code_1(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Report("something", "something else", ("an answer was lost",))
    monkeypatch.setitem(DRILLS, "kill", DRILLS["kill"].__class__("harm", "nothing lost", lambda _options: broken))
    assert main(["drill", "kill"]) == 1
    assert "wrong     an answer was lost\nFAIL      kill\n" in capsys.readouterr().out


def test_a_drill_sees_a_station_that_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.station.Station.refuse", lambda *_: None)
    monkeypatch.setattr("service.drills.camera.PATIENCE_S", 0.5)
    with running(tmp_path) as client:
        report = sequence_restart.run(Options(url=str(client.base_url), times=2))
    assert report.faults == ("they are not remembered as not inspected",)


def test_a_drill_puts_no_frame_among_a_station_s_records(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with pytest.raises(InputError, match="holds a station's records"):
        DRILLS["encoder-reversal"].run(Options(data=tmp_path))


def test_a_station_of_its_own_keeps_its_records_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COATSIGHT_STORE_URL", "postgresql://nobody@127.0.0.1:1/plant")
    assert DRILLS["encoder-reversal"].run(Options(data=tmp_path)).faults == ()
    assert (tmp_path / DATABASE).exists()


def test_a_guarded_station_is_no_ground_for_a_drill(tmp_path: Path) -> None:
    new_key(tmp_path)
    with running(tmp_path) as client, pytest.raises(InputError, match="asks who is there"):
        DRILLS["two-cameras"].run(Options(url=str(client.base_url)))
