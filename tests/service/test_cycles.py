"""Looking for cycles less often, and as before afterwards."""

import gc

import pytest

from service.cycles import seldom_searched


def fail_among_few_searches(before: tuple[int, ...]) -> None:
    with seldom_searched():
        assert gc.isenabled()
        assert gc.get_threshold()[0] > 100 * before[0]
        raise ValueError("whatever")


def test_cycles_are_searched_seldom_and_as_before_afterwards_whatever_happens() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="whatever"):
        fail_among_few_searches(before)
    assert gc.get_threshold() == before


def test_what_is_in_a_cycle_is_freed_all_the_same() -> None:
    freed = []

    class Ring:
        def __init__(self) -> None:
            self.ring = [self]

        def __del__(self) -> None:
            freed.append(1)

    with seldom_searched():
        kept = []
        Ring()
        while not freed and len(kept) < 10_000_000:
            kept.append([])
    assert freed
