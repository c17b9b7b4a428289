"""`coatsight users`, `keys` and `audit`, and who may listen where."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from people import called, new_key, new_user, verbs

from inspection.errors import InputError
from inspection.frame import Frame
from inspection.geometry import Placement
from service.cli import main
from service.commands.calibrate import calibrate_camera
from service.commands.serve import check_guarded
from service.store.store import Store

ROOT = Path(__file__).parents[2]


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_no_station_listens_to_others_without_knowing_anybody(
    tmp_path: Path, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, "serve", "--host", host, "--data", tmp_path)
    assert code == 2
    assert f"coatsight users add NAME --role admin --data {tmp_path}" in err
    assert f"coatsight keys add --camera cam-1 --data {tmp_path}" in err
    assert "--open" in err
    assert err.count("\n") == 1


def test_the_two_commands_or_open_let_it_listen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_guarded(tmp_path, "0.0.0.0", open_to_all=True)
    assert "nobody is asked who they are" in capsys.readouterr().err
    new_key(tmp_path)
    check_guarded(tmp_path, "0.0.0.0", open_to_all=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_a_station_for_its_own_machine_needs_nobody(tmp_path: Path, host: str) -> None:
    check_guarded(tmp_path, host, open_to_all=False)


@pytest.mark.parametrize("host", ["", "192.168.1.5", "127.0.0.1.evil.invalid"])
def test_what_is_not_surely_this_machine_is_not(tmp_path: Path, host: str) -> None:
    with pytest.raises(InputError):
        check_guarded(tmp_path, host, open_to_all=False)


def test_the_former_setting_tells_what_to_do_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COATSIGHT_KEY_DIGESTS", "[]")
    code, _, err = told(capsys, "serve", "--data", tmp_path)
    assert code == 2
    assert "COATSIGHT_KEY_DIGESTS" in err
    assert "coatsight keys add --camera cam-1" in err


def test_a_password_is_no_argument_and_no_secret_of_a_pipe_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long enough password\n"))
    code, _, err = told(capsys, "users", "add", "anna", "--role", "qa", "--data", tmp_path)
    assert (code, "--password-stdin" in err) == (2, True)
    code, _, _ = told(capsys, "users", "add", "anna", "--role", "qa", "--password", "x", "--data", tmp_path)
    assert code == 2


@pytest.mark.parametrize("wrong", ["boss", "camera", "Admin"])
def test_people_have_one_of_four_roles(tmp_path: Path, wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "users", "add", "anna", "--role", wrong, "--password-stdin", "--data", tmp_path)
    assert code == 2
    assert "operator, qa, engineer, admin" in err


def test_two_people_never_have_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new_user(tmp_path, monkeypatch, "Straße")
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long enough password\n"))
    code, _, err = told(capsys, "users", "add", "STRASSE", "--role", "qa", "--password-stdin", "--data", tmp_path)
    assert (code, "Straße is known already" in err) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["keys", "add", "--camera", "../x"],
        ["keys", "add", "--camera", "cam-1", "--role", "admin"],
        ["keys", "add", "--camera", "*", "--role", "boss"],
        ["keys", "revoke", "never-made"],
        ["users", "role", "nobody", "qa"],
        ["users", "deactivate", "nobody"],
        ["audit", "verify", "--noted", "5"],
    ],
)
def test_a_wrong_call_is_told_in_one_line(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    new_key(tmp_path)
    code, out, err = told(capsys, *arguments, "--data", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("coatsight: expected")
    assert err.count("\n") == 1
    assert verbs(tmp_path) == ["key added"]


@pytest.mark.parametrize("arguments", [["users", "list"], ["keys", "list"], ["audit"], ["audit", "verify"]])
def test_what_is_only_read_makes_no_station(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = told(capsys, *arguments, "--data", tmp_path / "typo")
    assert (code, "station.sqlite" in err) == (2, True)
    assert not (tmp_path / "typo").exists()


def test_lists_are_tables_for_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new_user(tmp_path, monkeypatch)
    key = new_key(tmp_path)
    for arguments, word in (
        (("users", "list"), "operator"),
        (("keys", "list"), key["key_id"]),
        (("audit",), "key added"),
    ):
        code, out, _ = told(capsys, *arguments, "--data", tmp_path)
        assert (code, word in out) == (0, True)


def test_commands_work_while_the_station_has_its_folder(tmp_path: Path) -> None:
    with Store(tmp_path):
        key = new_key(tmp_path)
        called("keys", "revoke", key["key_id"], "--data", tmp_path)
        assert called("keys", "list", "--data", tmp_path)[0]["revoked_at"]


def test_help_of_these_commands_comes_without_the_pipeline() -> None:
    program = (
        "import sys; from service.cli import main; main(['users', '--help']); "
        "sys.exit(bool({'numpy', 'cv2', 'fastapi', 'sqlalchemy', 'pwdlib'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert ran.returncode == 0


def test_a_calibration_leaves_its_row(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    grey = np.full((64, 512), 60.0)
    grey[:, :100] = grey[:, -100:] = 150.0
    frames = [Frame((grey + generator.normal(0, 3, grey.shape)).clip(0, 255).astype(np.uint8)) for _ in range(8)]
    calibrate_camera(frames, "cam-1", Placement(), tmp_path)
    row = called("audit", "--data", tmp_path)[0]
    assert (row["verb"], row["subject"], row["details"]) == (
        "camera calibrated", "camera cam-1", {"version": 1, "frames": 8},
    )  # fmt: skip
