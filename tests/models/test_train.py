"""Training from nothing, end to end, on a golden set in place of webs that would take minutes to draw."""

import argparse
import json

import numpy as np
import pytest

pytest.importorskip("torch")

from inspection.classification import load_classifier
from models import train
from models.golden import read_golden
from models.registry import read_card, shipped_golden_set
from models.samples import NAMES, Samples


@pytest.fixture
def drawn(monkeypatch):
    golden = read_golden(shipped_golden_set(), NAMES)
    strong = np.full(len(golden), 9.0, np.float32)
    samples = Samples(**(vars(golden) | {"peaks_sigma": strong, "sizes_px": strong}))
    strangers = samples[np.flatnonzero(~samples.known)]
    monkeypatch.setattr(train, "drawn", lambda name, *_: strangers if name == "foreign" else samples)


def test_training_writes_a_model_that_a_station_trusts_with_all_that_was_measured(drawn, tmp_path, capsys) -> None:
    out = tmp_path / "runs" / "coating-9.onnx"
    asked = argparse.Namespace(epochs=6, seed=1, samples=None, out=out, version="9", json=False)
    assert train.from_nothing(asked) == 0
    told = json.loads(capsys.readouterr().out)
    card = read_card(out)
    assert set(told) == set(card["metrics"]) == {"known", "unseen", "foreign_beside_known", "foreign_beside_unseen"}
    assert set(card["compared"]) == {"fp32", "int8"}
    assert tuple(card["kinds"]) == NAMES
    assert load_classifier(out).ref.version == "9"
    assert sorted(path.suffix for path in out.parent.iterdir()) == [".json", ".npz", ".onnx"]
