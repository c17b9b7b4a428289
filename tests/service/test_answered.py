"""Answered numbers: none is forgotten, and their memory has a bound."""

from hypothesis import given
from hypothesis import strategies as st

from service.answered import AnsweredNumbers


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
