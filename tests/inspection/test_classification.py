"""Names are given where the classifier can stand for them."""

from dataclasses import replace

import numpy as np
import pytest

from inspection.candidates import CHANNELS, FEATURES, Candidates
from inspection.classification import ClassificationSettings, Classifier
from inspection.defect import Kind
from inspection.errors import ModelError
from inspection.onnx_model import Card
from inspection.record import ModelRef

CARD = Card("fixed", "3", "ab" * 32, "fp32", ("pinhole", "crack"), CHANNELS, FEATURES, unknown_below=0.6)
DEFAULT = ClassificationSettings()


class Answers:
    """A network that gives stored answers, and remembers what it was asked."""

    def __init__(self, *rows):
        self.rows, self.asked = np.array(rows, np.float32), []

    def probabilities(self, crops, features):
        self.asked.append((crops, features))
        return self.rows


def candidates(count):
    crops = np.arange(count, dtype=np.float32)[:, None, None, None] * np.ones((1, 5, 64, 64), np.float32)
    features = np.zeros((count, len(FEATURES)), np.float32)
    return Candidates(
        (None,) * count, (1,) * count, crops, features, crops[:, 0].astype(np.uint8), np.full(count, np.nan)
    )


@pytest.mark.parametrize(
    ("row", "kind", "probability"),
    [
        ((0.9, 0.1), Kind.PINHOLE, 0.9),
        ((0.2, 0.8), Kind.CRACK, 0.8),
        ((0.6, 0.4), Kind.PINHOLE, 0.6),
        ((0.45, 0.55), Kind.UNKNOWN, 0.55),
    ],
)
def test_a_name_below_the_limit_is_unknown(row, kind, probability) -> None:
    row = tuple(np.nextafter(value, np.float32(1), dtype=np.float32) for value in row)
    (name,) = Classifier(Answers(row), CARD).name(candidates(1), DEFAULT)
    assert name.kind is kind
    assert name.probability == pytest.approx(probability)


def test_the_recipe_may_set_its_own_limit() -> None:
    answers = Answers((0.55, 0.45))
    kinds = [
        Classifier(answers, CARD).name(candidates(1), ClassificationSettings(limit))[0].kind
        for limit in (0.0, 0.5, 0.7)
    ]
    assert kinds == [Kind.PINHOLE, Kind.PINHOLE, Kind.UNKNOWN]


def test_names_stand_in_the_order_of_their_candidates() -> None:
    answers = Answers((0.9, 0.1), (0.1, 0.9), (0.5, 0.5))
    names = Classifier(answers, CARD).name(candidates(3), DEFAULT)
    assert [name.kind for name in names] == [Kind.PINHOLE, Kind.CRACK, Kind.UNKNOWN]
    np.testing.assert_array_equal(answers.asked[0][0], candidates(3).crops)


def test_nothing_to_name_asks_no_network() -> None:
    answers = Answers()
    assert len(Classifier(answers, CARD).name(candidates(0), DEFAULT)) == 0
    assert answers.asked == []


def test_answers_that_are_no_numbers_name_nothing() -> None:
    (name,) = Classifier(Answers((np.nan, np.nan)), CARD).name(candidates(1), DEFAULT)
    assert name.kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    "other",
    [
        {"channels": CHANNELS[::-1]}, {"channels": CHANNELS[:4]}, {"features": FEATURES[::-1]},
        {"features": ()}, {"kinds": ("pinhole", "hole")},
    ],
)  # fmt: skip
def test_a_card_for_other_inputs_or_unheard_kinds_is_refused(other) -> None:
    with pytest.raises(ModelError, match="expected"):
        Classifier(Answers(), replace(CARD, **other))


def test_every_kind_that_nobody_knows_is_named_when_it_is_refused() -> None:
    with pytest.raises(ModelError, match="got hole, dent:"):
        Classifier(Answers(), replace(CARD, kinds=("hole", "pinhole", "dent")))


def test_the_classifier_is_named_as_its_card_is() -> None:
    assert Classifier(Answers(), CARD).ref == ModelRef("fixed", "3", "ab" * 32)
