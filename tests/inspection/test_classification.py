"""Names are given where the classifier can stand for them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.candidates import CHANNELS, FEATURES, Candidates
from inspection.classification import ClassificationSettings, Classifier, Naming
from inspection.defect import Kind
from inspection.errors import ModelError
from inspection.onnx_model import Card
from inspection.record import ModelRef

CARD = Card("fixed", "3", "ab" * 32, "fp32", ("pinhole", "crack"), CHANNELS, FEATURES, unknown_below=0.6)
DEFAULT = Naming()


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
        Classifier(answers, CARD).name(candidates(1), Naming(ClassificationSettings(limit)))[0].kind
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


HARM = {Kind.PINHOLE: 0, Kind.CRACK: 1, Kind.BARE_SPOT: 2}
THREE = Card("fixed", "4", "cd" * 32, "fp32", ("pinhole", "crack", "unknown"), CHANNELS, FEATURES, 0.1, 0.3)


def called(probabilities, *, card=THREE, **settings):
    return Classifier(Answers(probabilities), card).name(
        candidates(1), Naming(ClassificationSettings(**settings), HARM)
    )[0]


def test_where_mistakes_cost_alike_the_most_probable_kind_is_named() -> None:
    assert called([0.55, 0.43, 0.02]).kind is Kind.PINHOLE
    assert called([0.55, 0.43, 0.02], escape_cost=7, overkill_cost=7).kind is Kind.PINHOLE


def test_where_an_escape_costs_more_the_worse_kind_is_named_though_less_probable() -> None:
    name = called([0.55, 0.43, 0.02], escape_cost=5)
    assert (name.kind, name.probability) == (Kind.CRACK, pytest.approx(0.43))
    assert called([0.95, 0.03, 0.02], escape_cost=5).kind is Kind.PINHOLE


def test_where_overkill_costs_more_the_milder_kind_is_named() -> None:
    assert called([0.43, 0.55, 0.02], overkill_cost=5).kind is Kind.PINHOLE


def test_what_is_probably_no_kind_is_unknown_though_a_kind_is_more_probable() -> None:
    assert called([0.6, 0.05, 0.35]).kind is Kind.UNKNOWN
    assert called([0.6, 0.05, 0.35], unknown_above=0.4).kind is Kind.PINHOLE


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_costs_are_nothing_on_the_diagonal_and_follow_severity(escape, overkill) -> None:
    costs = Naming(ClassificationSettings(escape_cost=escape, overkill_cost=overkill), HARM).costs(list(HARM))
    assert (np.diag(costs) == 0).all()
    assert costs[0, 2] == pytest.approx(escape)
    assert costs[2, 0] == pytest.approx(overkill)
