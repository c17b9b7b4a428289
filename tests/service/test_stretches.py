"""What was not inspected of a roll, in millimetres of web."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.stretches import MISSING, Refused, Run, Stretch, stretches

LENGTH = 50.0


def run(first: int, last: int, from_mm: float | None = None) -> Run:
    start = LENGTH * first if from_mm is None else from_mm
    return Run(first, last, start, start + (last - first + 1) * LENGTH, LENGTH, 1000)


def told(found: list[Stretch]) -> list[tuple[Any, ...]]:
    return [(each.first, each.last, each.from_mm, each.to_mm, dict(each.causes)) for each in found]


def test_a_roll_without_gaps_has_none() -> None:
    assert stretches([run(0, 99)], []) == []


def test_numbers_that_never_came_lie_where_their_neighbours_leave_room() -> None:
    assert told(stretches([run(0, 2), run(5, 9)], [])) == [(3, 4, 150, 250, {MISSING: 2})]


def test_numbers_before_the_first_answered_one_are_missing_too() -> None:
    assert told(stretches([run(4, 9)], [])) == [(0, 3, 0, 200, {MISSING: 4})]


def test_nothing_is_missing_after_the_newest_answer() -> None:
    assert told(stretches([run(0, 2)], [Refused(9, ("queue-full",))])) == [(9, 9, 450, 500, {"queue-full": 1})]


def test_refused_frames_that_follow_each_other_are_one_stretch() -> None:
    refused = [Refused(3, ("queue-full",)), Refused(4, ("corrupt-frame", "queue-full"))]
    assert told(stretches([run(0, 2), run(6, 9)], refused)) == [
        (3, 5, 150, 300, {"queue-full": 2, "corrupt-frame": 1, MISSING: 1})
    ]


def test_a_refused_frame_lies_where_it_said_and_is_as_long_as_it_said() -> None:
    refused = [Refused(3, ("late",), position_mm=1000, rows=500)]
    assert told(stretches([run(0, 2), run(4, 9)], refused)) == [(3, 3, 1000, 1025, {"late": 1})]


def test_without_an_answered_frame_nobody_knows_where_it_lay() -> None:
    assert told(stretches([], [Refused(3, ("late",)), Refused(4, ("late",))])) == [(3, 4, None, None, {"late": 2})]


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_each_number_up_to_the_newest_answer_is_answered_or_in_one_stretch(answered: set[int], more: set[int]) -> None:
    runs = [run(n, n) for n in sorted(answered)]
    refused = [Refused(n, ("late",)) for n in sorted(more - answered)]
    found = stretches(runs, refused)
    numbers = [n for each in found for n in range(each.first, each.last + 1)]
    assert len(numbers) == len(set(numbers))
    wanted = (set(range(max(answered, default=-1) + 1)) | more) - answered
    assert set(numbers) == wanted
    if answered:
        assert sum((each.to_mm or 0) - (each.from_mm or 0) for each in found) == LENGTH * len(wanted)
