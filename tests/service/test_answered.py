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


@given(st.lists(st.integers(0, 2**53), max_size=50), st.integers(-1, 2**53))
def test_what_was_answered_may_be_in_the_store(numbers: list[int], before: int) -> None:
    answered = AnsweredNumbers(None if before < 0 else before)
    for number in numbers:
        answered.add(number)
    assert all(answered.may_have(number) for number in (*numbers, max(before, 0)) if number in numbers or before >= 0)


def test_a_number_that_nobody_sent_is_not_asked_for() -> None:
    answered = AnsweredNumbers(7)
    answered.add(9)
    assert [answered.may_have(n) for n in (7, 8, 9, 10)] == [True, False, True, False]


def test_numbers_that_lie_far_apart_take_a_bounded_memory() -> None:
    answered, numbers = AnsweredNumbers(None), range(0, 40_000 * 20_000, 40_000)
    for number in numbers:
        answered.add(number)
    assert all(map(answered.may_have, numbers))
    assert not answered.may_have(numbers[-1] + 40_000)
    assert len(answered._seen) <= 4096
