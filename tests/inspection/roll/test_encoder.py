"""Positions that fall while frames go on."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inspection.roll.encoder import StepBack, reversals

LENGTH_MM = 10.0


def steps(positions: list[float]) -> list[StepBack]:
    """As the store finds them in frames that are numbered from 0."""
    return [
        StepBack(n, n + 1, later, earlier + LENGTH_MM, earlier - later)
        for n, (earlier, later) in enumerate(pairwise(positions))
        if later < earlier
    ]


def test_a_web_that_runs_forwards_has_no_reversal() -> None:
    assert reversals(steps([0, 10, 20, 20, 30])) == []


def test_a_reversal_goes_from_its_highest_frame_to_its_lowest() -> None:
    (found,) = reversals(steps([0, 10, 20, 30, 20, 10, 0, 10]))
    assert (found.first, found.last) == (3, 6)
    assert (found.from_mm, found.to_mm, found.fall_mm) == (0, 40, 30)


def test_two_reversals_are_told_apart() -> None:
    assert [(each.first, each.last) for each in reversals(steps([0, 10, 5, 15, 12]))] == [(1, 2), (3, 4)]


@given(st.lists(st.integers(0, 50).map(float), max_size=30))
def test_every_fall_lies_in_one_reversal_and_nothing_else_does(positions: list[float]) -> None:
    found = reversals(steps(positions))
    inside = {n for each in found for n in range(each.first, each.last)}
    assert inside == {n for n, (earlier, later) in enumerate(pairwise(positions)) if later < earlier}
    for each in found:
        claimed = positions[each.first : each.last + 1]
        assert (each.from_mm, each.to_mm) == (min(claimed), max(claimed) + LENGTH_MM)
        assert each.fall_mm == claimed[0] - claimed[-1]
