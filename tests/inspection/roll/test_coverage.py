"""What cameras saw: where the roll begins and ends, gaps between frames, and frames that could not be judged."""

from hypothesis import given
from hypothesis import strategies as st

from inspection.roll.coverage import HeldStretch, SeenFrame, gaps, held_stretches, seen_ends


def seen(*places: int, holds: tuple[str, ...] = ()) -> list[SeenFrame]:
    return [SeenFrame(float(place), place + 50.0, holds) for place in places]


def test_a_roll_s_ends_are_where_all_cameras_saw_it_that_come_within_a_frame() -> None:
    assert seen_ends({"a": seen(0, 50, 100), "b": seen(20, 70, 110)}) == (20, 150)
    assert seen_ends({"a": seen(0, 50, 100), "b": seen(200)}) == (0, 250)
    assert seen_ends({}) == (0, 0)


def test_a_camera_s_gaps_are_told_at_both_ends_and_between_its_frames() -> None:
    assert gaps(seen(100, 150, 300), 0, 400) == [(0, 100), (200, 300), (350, 400)]


def test_rounded_positions_leave_no_gap() -> None:
    assert gaps([SeenFrame(0, 51.2), SeenFrame(51.6, 102.8)], 0, 103) == []


def test_frames_held_one_after_the_other_are_one_stretch_with_each_reason_once() -> None:
    frames = (
        seen(0, 50, holds=("blurred",)) + seen(100, holds=("too dark",)) + seen(150) + seen(200, holds=("blurred",))
    )
    assert list(held_stretches(reversed(frames))) == [
        HeldStretch(0, 150, ("blurred", "too dark")),
        HeldStretch(200, 250, ("blurred",)),
    ]


@given(st.lists(st.integers(0, 40).map(lambda n: 10 * n), max_size=20), st.integers(0, 20))
def test_every_place_between_the_ends_was_seen_or_lies_in_a_gap(places, start) -> None:
    frames = seen(*places)
    told = gaps(frames, 10.0 * start, 450)
    for middle in range(10 * start + 5, 450, 10):
        in_gap = any(one < middle < other for one, other in told)
        assert in_gap != any(frame.from_mm < middle < frame.to_mm for frame in frames)
