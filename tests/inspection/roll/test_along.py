"""Stretches along the web, against a web of whole millimetres looked at one by one."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inspection.roll.along import between, joined, length_mm, without

pairs = st.tuples(st.integers(0, 60), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))
many = st.lists(pairs, max_size=8)


def covered(stretches) -> set[int]:
    return {mm for start, end in stretches for mm in range(int(start), int(end))}


@given(many)
def test_joined_stretches_cover_the_same_web_in_order_and_touch_nowhere(stretches) -> None:
    done = joined(stretches)
    assert covered(done) == covered(stretches)
    assert all(one[1] < other[0] for one, other in pairwise(done))
    assert length_mm(done) == len(covered(stretches))


@given(many, st.integers(0, 5))
def test_stretches_no_further_apart_than_told_become_one(stretches, within) -> None:
    done = joined(stretches, within)
    assert covered(stretches) <= covered(done)
    assert all(other[0] - one[1] > within for one, other in pairwise(done))


@given(many, many)
def test_what_is_taken_away_is_gone_and_nothing_else(stretches, others) -> None:
    assert covered(without(joined(stretches), joined(others))) == covered(stretches) - covered(others)


@given(many, pairs)
def test_what_is_kept_lies_between_the_two_places(stretches, ends) -> None:
    assert covered(between(joined(stretches), *ends)) == covered(stretches) & covered([ends])
