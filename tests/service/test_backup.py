"""A backup of a running station is a whole one; a bad one is refused in one sentence."""

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fakes import draw, post, running
from records import entry

from service import backups
from service.cli import main
from service.store.copying import copy_database
from service.store.store import Store

BOTH = pytest.mark.parametrize("name", ["monday", "monday.tar"])


def station_folder(folder: Path, frames: int = 3) -> Path:
    """What a station keeps, without running one."""
    with Store(folder) as store:
        for sequence in range(frames):
            store.keep_frame(entry(sequence, defects=1)).result(5)
    for name in ("calibrations/cam-1/1.npz", "recipes/thin.toml", "models/m-1.onnx", "images/flagged/ab/ab.npy.zst"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(name.encode())
    for name in ("disk.reserve", "images/flagged/ab/cd.npy.part", "models/.lock"):
        (folder / name).write_bytes(b"of the process alone")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    left_out = ("disk.reserve", "station.lock", ".lock", "cd.npy.part")
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in left_out)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files if path.suffix != ".sqlite"}


def rows(folder: Path) -> list[tuple[int, bytes]]:
    with closing(sqlite3.connect(folder / "station.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return connection.execute("SELECT sequence, answer FROM frames ORDER BY sequence").fetchall()


@BOTH
def test_what_is_restored_is_what_was_backed_up(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    data, backup, again = station_folder(tmp_path / "data"), tmp_path / "kept" / name, tmp_path / "again"
    assert main(["backup", str(data), "--to", str(backup), "--verify", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["database"]["counts"] == {"rolls": 0, "frames": 3, "defects": 3, "crops": 3, "not_inspected": 0}
    assert backup.stat().st_mode & 0o077 == 0
    assert main(["restore", str(backup), "--data", str(again)]) == 0
    assert contents(again) == contents(data)
    assert rows(again) == rows(data)
    picture = "images/flagged/ab/ab.npy.zst"
    assert abs((again / picture).stat().st_mtime - (data / picture).stat().st_mtime) < 1
    assert [path.name for path in backup.parent.iterdir()] == [name]


def test_a_folder_on_the_same_disk_shares_the_pictures_alone(tmp_path: Path) -> None:
    data, backup = station_folder(tmp_path / "data"), tmp_path / "kept"
    assert main(["backup", str(data), "--to", str(backup)]) == 0
    assert (backup / "images/flagged/ab/ab.npy.zst").samefile(data / "images/flagged/ab/ab.npy.zst")
    assert not (backup / "recipes/thin.toml").samefile(data / "recipes/thin.toml")


def test_a_folder_without_a_database_is_backed_up_with_a_word_about_pg_dump(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "recipes").mkdir(parents=True)
    (tmp_path / "data" / "recipes" / "thin.toml").write_text("")
    assert main(["backup", str(tmp_path / "data"), "--to", str(tmp_path / "kept.tar")]) == 0
    assert "pg_dump" in capsys.readouterr().err


def test_a_database_that_lies_in_the_folder_from_before_hides_no_word_about_pg_dump(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = station_folder(tmp_path / "data")
    monkeypatch.setenv("COATSIGHT_STORE_URL", "postgresql://nobody@127.0.0.1:1/plant")
    assert main(["backup", str(data), "--to", str(tmp_path / "kept.tar")]) == 0
    assert "holds none of them: use pg_dump" in capsys.readouterr().err


def flip(path: Path, at: bytes) -> None:
    body = bytearray(path.read_bytes())
    body[body.index(at)] ^= 1
    path.write_bytes(body)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def of_later_schema(path: Path) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["database"]["revision"] = "9999"
    (path / "manifest.json").write_text(json.dumps(manifest))


def reaching_out(path: Path) -> None:
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["files"]["../escaped"] = {"size": 0, "sha256": ""}
    (path / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        ("b", lambda path: flip(path / "models/m-1.onnx", b"models"), "models/m-1.onnx as it was backed up"),
        ("b", lambda path: (path / "models/m-1.onnx").unlink(), "models/m-1.onnx in the backup, it is missing"),
        ("b", lambda path: (path / "manifest.json").unlink(), "no manifest.json"),
        ("b", of_later_schema, "is of a later: update"),
        ("b", reaching_out, "a name inside the folder"),
        ("b.tar", lambda path: flip(path, b'{"sequence":2}'), "station.sqlite as it was backed up, it is damaged"),
        ("b.tar", cut, "tar"),
    ],
)
def test_a_bad_backup_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, name: str, spoil: Callable[[Path], None], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data, backup, again = station_folder(tmp_path / "data"), tmp_path / name, tmp_path / "again"
    again.mkdir()
    assert main(["backup", str(data), "--to", str(backup)]) == 0
    spoil(backup)
    capsys.readouterr()
    assert main(["backup", str(backup), "--verify"]) == 1
    assert told in capsys.readouterr().err
    assert main(["restore", str(backup), "--data", str(again)]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert list(again.iterdir()) == []
    assert not (tmp_path / "escaped").exists()


def test_a_damaged_database_is_not_backed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = station_folder(tmp_path / "data", frames=20)
    with (data / "station.sqlite").open("r+b") as file:
        for page in range(4, 30):
            file.seek(4096 * page)
            file.write(bytes([page]) * 512)
    assert main(["backup", str(data), "--to", str(tmp_path / "b")]) == 2
    assert "damaged" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["backup", "data"], "expected --to"),
        (["backup", "nowhere", "--to", "b"], "expected a station's folder"),
        (["backup", "data", "--to", "data/b"], "outside"),
        (["backup", "data", "--to", "."], "is there already"),
        (["restore", "nowhere", "--data", "new"], "there is nothing"),
        (["restore", "nowhere", "--data", "data"], "an empty folder"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    tmp_path: Path,
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    station_folder(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1


def test_a_copy_is_of_one_moment_whatever_is_written_between_its_steps(tmp_path: Path) -> None:
    steps: list[int] = []
    with Store(tmp_path / "data") as store:
        for sequence in range(80):
            store.keep_frame(entry(sequence, defects=20)).result(5)

        def told(done: int, of: int) -> None:
            steps.append(done)
            assert len(steps) < 100, "it began anew"
            store.keep_frame(entry(100 + len(steps), defects=20)).result(5)

        copy_database(tmp_path / "data" / "station.sqlite", tmp_path / "station.sqlite", told)
    assert len(steps) > 3
    assert steps == sorted(steps)
    assert [sequence for sequence, _ in rows(tmp_path)] == list(range(80))


@BOTH
def test_a_backup_beside_a_running_station_holds_every_frame_answered_before(tmp_path: Path, name: str) -> None:
    data, backup, again = tmp_path / "data", tmp_path / name, tmp_path / "again"
    answered: dict[int, bytes] = {}
    enough, stop = threading.Event(), threading.Event()

    def camera(client: httpx.Client) -> None:
        while not stop.is_set():
            sequence = len(answered)
            answer = post(client, draw(sequence, holes=sequence % 3), sequence)
            assert answer.status_code == 200
            answered[sequence] = answer.content
            if len(answered) >= 20:
                enough.set()

    with running(data, keep_free_gib=0) as client:
        thread = threading.Thread(target=camera, args=(client,))
        thread.start()
        try:
            assert enough.wait(30)
            before = dict(answered)
            assert main(["backup", str(data), "--to", str(backup)]) == 0
        finally:
            stop.set()
            thread.join(30)
    assert main(["restore", str(backup), "--data", str(again)]) == 0
    kept = dict(rows(again))
    assert kept.items() >= before.items()
    assert kept.items() <= answered.items()
    with running(again, keep_free_gib=0) as client:
        resent = {n: post(client, draw(n, holes=n % 3), n).content for n in kept}
        assert resent == kept
        assert post(client, draw(10**6), max(kept) + 1).status_code == 200


def test_nobody_else_may_read_the_copy_while_it_is_made(tmp_path: Path) -> None:
    data, modes = station_folder(tmp_path / "data"), set[int]()

    def told(*_: object) -> None:
        modes.update(path.stat().st_mode & 0o77 for path in tmp_path.glob(".kept.tar*"))

    backups.back_up(data, tmp_path / "kept.tar", made_at=datetime.now(UTC), told=told)
    assert modes == {0}
