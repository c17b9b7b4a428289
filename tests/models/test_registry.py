"""The shipped model, and what is told of a card."""

import json

import pytest

from inspection.errors import ModelError
from inspection.onnx_model import load_network
from models.registry import read_card, shipped_model, summarise


def test_the_shipped_model_is_summarised_as_its_card_says():
    _, card = load_network(shipped_model())
    told = summarise(shipped_model())
    assert (told.name, told.version, told.sha256, told.precision, told.kinds) == (
        card.name, card.version, card.sha256, card.precision, card.kinds,
    )  # fmt: skip
    assert 0.5 < told.accuracy <= 1


@pytest.fixture
def card(tmp_path):
    """Write a card with other fields; return its model's path."""

    def write(**other):
        (tmp_path / "a.json").write_text(json.dumps(read_card(shipped_model()) | other))
        return tmp_path / "a.onnx"

    return write


@pytest.mark.parametrize(
    ("metrics", "accuracy"),
    [
        ({"unseen": {"accuracy": 0.9}, "known": {"accuracy": 0.8}}, 0.9),
        ({"unseen": {"samples": 3}, "known": {"accuracy": 0.8}}, 0.8),
        ({}, None),
    ],
)
def test_accuracy_is_told_on_what_training_never_saw_where_it_was_measured(card, metrics, accuracy):
    assert summarise(card(metrics=metrics)).accuracy == accuracy


@pytest.mark.parametrize("other", [{"kinds": 3}, {"metrics": []}, {"metrics": {"known": {"accuracy": "high"}}}])
def test_a_damaged_card_is_refused(card, other):
    with pytest.raises(ModelError, match="expected a model's card"):
        summarise(card(**other))


def test_a_model_without_a_card_is_refused(tmp_path):
    with pytest.raises(ModelError, match="expected a model's card"):
        summarise(tmp_path / "none.onnx")
