"""A model goes on from a plant's own crops; a worse one is not kept, and the running one is never touched."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from inspection.classification import load_classifier
from inspection.errors import ModelError
from models import retraining, train
from models.golden import read_golden
from models.registry import read_card, shipped_golden_set, shipped_model
from models.retraining import Wish
from models.samples import joined

KINDS = tuple(read_card(shipped_model())["kinds"])


@pytest.fixture(scope="module")
def golden():
    return read_golden(shipped_golden_set(), KINDS)


@pytest.fixture(autouse=True)
def replayed(monkeypatch, golden):
    """The golden set, four times over, stands in for webs that would take a minute to draw."""
    monkeypatch.setattr(retraining, "drawn", lambda *_: joined([golden] * 4))


def exported(folder, samples, labels):
    folder.mkdir()
    kinds = np.array([KINDS[label] for label in labels])
    np.savez(folder / "reviewed.npz", crops=samples.crops, features=samples.features, kinds=kinds)
    return folder


def digest_of_running():
    return [
        hashlib.sha256(shipped_model().with_suffix(end).read_bytes()).hexdigest() for end in (".onnx", ".json", ".npz")
    ]


def retrained(data, out, *, anyway=False):
    return retraining.retrain(Wish(data, shipped_model(), shipped_golden_set(), out, anyway=anyway), as_json=True)


def test_what_people_confirmed_makes_a_model_that_a_station_trusts(tmp_path, golden, capsys) -> None:
    before = digest_of_running()
    data = exported(tmp_path / "data", golden, golden.labels)
    assert retrained(data, tmp_path / "new.onnx") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["worse_on"] == []
    ref = load_classifier(tmp_path / "new.onnx").ref
    assert (ref.name, ref.version) == ("coating", "2")
    assert digest_of_running() == before


@pytest.fixture
def impressionable(monkeypatch, golden):
    """Little is shown beside the plant's own crops, and those are learned by heart."""
    monkeypatch.setattr(retraining, "drawn", lambda *_: golden[np.arange(0, len(golden), 5)])
    monkeypatch.setattr(retraining, "_RETRAINING", replace(retraining._RETRAINING, epochs=60, learning_rate=3e-3))


def test_what_people_mistook_makes_a_model_that_is_not_kept(tmp_path, golden, impressionable, capsys) -> None:
    data = exported(tmp_path / "data", golden, np.roll(golden.labels, 60))
    assert retrained(data, tmp_path / "new.onnx") == 1
    told = json.loads(capsys.readouterr().out)
    assert any(each.startswith("golden") for each in told["worse_on"])
    assert not list(tmp_path.glob("new.*"))


def test_a_worse_model_is_kept_where_that_is_wanted(tmp_path, golden, impressionable) -> None:
    data = exported(tmp_path / "data", golden, np.roll(golden.labels, 60))
    assert retrained(data, tmp_path / "new.onnx", anyway=True) == 0
    load_classifier(tmp_path / "new.onnx")


def test_a_full_disk_leaves_no_half_a_model(tmp_path, golden, monkeypatch) -> None:
    data = exported(tmp_path / "data", golden, golden.labels)
    out = tmp_path / "models" / "new.onnx"

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        retrained(data, out)
    assert list(out.parent.iterdir()) == []


def test_a_model_of_other_kinds_is_not_gone_on_from(tmp_path, golden) -> None:
    data = exported(tmp_path / "data", golden, golden.labels)
    for end in (".onnx", ".npz"):
        shutil.copy(shipped_model().with_suffix(end), tmp_path / f"old{end}")
    swapped = [KINDS[1], KINDS[0], *KINDS[2:]]
    (tmp_path / "old.json").write_text(json.dumps(read_card(shipped_model()) | {"kinds": swapped}))
    with pytest.raises(ModelError, match="expected a model of the kinds"):
        retraining.retrain(Wish(data, tmp_path / "old.onnx", shipped_golden_set(), tmp_path / "new.onnx"))


def test_a_model_that_no_longer_notices_strangers_is_worse() -> None:
    before = {"samples": {"of": 300}, "before": {"macro_f1": 0.95, "strangers_noticed": 0.9}}
    assert retraining._worse({"golden": before | {"after": {"macro_f1": 0.96, "strangers_noticed": 0.85}}}) == []
    (told,) = retraining._worse({"golden": before | {"after": {"macro_f1": 0.96, "strangers_noticed": 0.2}}})
    assert "strangers_noticed 0.2" in told


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "nowhere"], "there is none"),
        (["--data", "{data}", "--start", "nowhere.onnx"], "expected a model with its card"),
        (["--data", "{data}", "--golden", "nowhere.npz"], "expected a golden set"),
    ],
)
def test_what_cannot_be_trained_gets_one_line(tmp_path, golden, monkeypatch, capsys, arguments, says) -> None:
    data = exported(tmp_path / "data", golden, golden.labels)
    given = ["train", *(each.format(data=data) for each in arguments)]
    monkeypatch.setattr("sys.argv", given)
    assert train.main() == 2
    told = capsys.readouterr().err.strip()
    assert says in told
    assert "\n" not in told
