"""Lengths of web, joined."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inspection.roll.lengths import merged

PLACES = st.integers(0, 40)
LENGTHS = st.lists(st.tuples(PLACES, PLACES).map(lambda two: (float(min(two)), float(max(two)))), max_size=12)


def covers(lengths: list[tuple[float, float]], place: float) -> bool:
    return any(begin <= place <= end for begin, end in lengths)


@given(LENGTHS)
def test_joined_lengths_cover_the_same_web_and_lie_apart(lengths: list[tuple[float, float]]) -> None:
    joined = merged(lengths)
    assert all(covers(lengths, half / 2) == covers(joined, half / 2) for half in range(-2, 84))
    assert all(before[1] < after[0] for before, after in pairwise(joined))


def test_what_two_cameras_saw_of_one_place_is_one() -> None:
    assert merged([(5.0, 9.0), (4.8, 9.1), (20.0, 21.0)]) == [(4.8, 9.1), (20.0, 21.0)]
