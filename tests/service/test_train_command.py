"""`coatsight train` runs training beside the station, and promotes what it says is no worse."""

import subprocess
import sys

import pytest
from model_variants import put_golden_set, variant

from inspection.errors import InputError
from models.registry import shipped_model
from service import promotion
from service.commands import train
from service.settings import Settings

REVIEWED = promotion.Path(__file__).parent
"""Any folder: the process that would read it is stood in for."""


class Training:
    """Stands in for the process: remembers its call, leaves a model where it was told to, and ends with a code."""

    def __init__(self, code):
        self.code, self.call = code, []

    def __call__(self, command, check):
        self.call = command
        if self.code == 0 and "--out" in command:
            out = command[command.index("--out") + 1]
            made = variant(promotion.Path(out).parent, command[command.index("--version") + 1])
            for suffix in (".onnx", ".json", ".npz"):
                made.with_suffix(suffix).replace(promotion.Path(out).with_suffix(suffix))
        return subprocess.CompletedProcess(command, self.code)


@pytest.fixture
def station(tmp_path):
    put_golden_set(tmp_path / "station")
    return tmp_path / "station"


def ran(monkeypatch, station, code=0, *, promote=False, anyway=False):
    training = Training(code)
    monkeypatch.setattr(train.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(train.subprocess, "run", training)
    return train.run(REVIEWED, station, promote=promote, anyway=anyway, json=False), training.call


def test_training_goes_on_from_the_model_in_use(monkeypatch, station) -> None:
    code, call = ran(monkeypatch, station)
    assert code == 0
    assert call[:5] == [sys.executable, "-m", "models.train", "--data", str(REVIEWED)]
    assert call[call.index("--start") + 1] == str(shipped_model())
    assert call[call.index("--golden") + 1] == str(station / "models" / "golden.npz")
    assert promotion.model_in_use(Settings(data_dir=station)) == shipped_model()


def test_what_is_no_worse_is_promoted_where_that_is_wanted(monkeypatch, station) -> None:
    code, call = ran(monkeypatch, station, promote=True)
    assert code == 0
    assert promotion.model_in_use(Settings(data_dir=station)).stem == f"coating-{call[call.index('--version') + 1]}"


@pytest.mark.parametrize("code", [1, 2])
def test_what_training_does_not_keep_is_never_promoted(monkeypatch, station, code) -> None:
    told, _ = ran(monkeypatch, station, code, promote=True)
    assert told == code
    assert promotion.model_in_use(Settings(data_dir=station)) == shipped_model()


def test_without_a_station_the_shipped_model_is_gone_on_from(monkeypatch) -> None:
    code, call = ran(monkeypatch, None)
    assert code == 0
    assert "--start" not in call
    with pytest.raises(InputError, match="expected --station"):
        ran(monkeypatch, None, promote=True)


def test_without_the_training_extra_one_line_says_what_to_install(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(train.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="pip install"):
        train.run(tmp_path, tmp_path, promote=False, anyway=False, json=False)
