"""Which numbers were answered: never forgotten, and those between them are missing."""

from hypothesis import given
from hypothesis import strategies as st

from service.answered import AnsweredNumbers

NUMBERS = st.sets(st.integers(0, 5000) | st.integers(2**52, 2**53), max_size=60)


@given(NUMBERS, NUMBERS)
def test_a_number_is_known_once_it_was_answered_and_the_others_are_not(answered: set[int], asked: set[int]) -> None:
    numbers = AnsweredNumbers(None)
    for number in answered:
        numbers.add(number)
    assert {number for number in asked | answered if numbers.may_have(number)} == answered
    assert numbers.missing == max(answered, default=-1) + 1 - len(answered)


def test_after_a_restart_all_below_the_last_one_may_be_known_and_gaps_are_still_missing() -> None:
    numbers = AnsweredNumbers(9, 8)
    assert (numbers.may_have(9), numbers.may_have(10), numbers.missing) == (True, False, 2)
    numbers.add(3)
    numbers.add(12)
    assert numbers.missing == 3
