"""What is expected of a kind's mistakes."""

import pytest

from inspection.costs import KindCost, expected


def test_what_was_never_found_follows_from_what_was() -> None:
    told = expected(90, 90, KindCost(escape=10.0, overkill=1.0, detection_rate=0.9, false_rate=0.0))
    assert told.missed == pytest.approx(10.0)
    assert (told.let_through, told.overkills) == (0.0, 0.0)
    assert told.cost == pytest.approx(100.0)


def test_what_is_let_through_escapes_and_what_is_rejected_for_nothing_is_overkill() -> None:
    told = expected(100, 60, KindCost(escape=10.0, overkill=1.0, detection_rate=1.0, false_rate=0.25))
    assert told.missed == 0.0
    assert told.let_through == pytest.approx(30.0)
    assert told.overkills == pytest.approx(15.0)
    assert told.cost == pytest.approx(315.0)
