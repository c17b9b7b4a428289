"""Boxes and placements."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import InputError
from inspection.geometry import Box, Placement

ROWS, COLUMNS = 60, 80


@st.composite
def boxes(draw):
    top, left = draw(st.integers(0, ROWS - 1)), draw(st.integers(0, COLUMNS - 1))
    return Box(top, left, draw(st.integers(top + 1, ROWS)), draw(st.integers(left + 1, COLUMNS)))


def pixels(box):
    mask = np.zeros((ROWS, COLUMNS), bool)
    mask[box.window] = True
    return mask


@given(boxes())
def test_the_window_cuts_out_height_times_width_pixels(box) -> None:
    assert pixels(box).sum() == box.height * box.width


@given(boxes())
def test_the_centre_is_the_mean_of_the_pixels_in_edge_coordinates(box) -> None:
    assert box.centre == pytest.approx(np.argwhere(pixels(box)).mean(axis=0) + 0.5)


@given(boxes(), boxes())
def test_boxes_overlap_when_they_share_a_pixel(one, other) -> None:
    assert one.overlaps(other) == other.overlaps(one) == bool((pixels(one) & pixels(other)).any())


@given(boxes(), boxes())
def test_the_union_is_the_smallest_box_around_both(one, other) -> None:
    both = np.argwhere(pixels(one) | pixels(other))
    assert one.union(other) == other.union(one) == Box(*both.min(axis=0), *(both.max(axis=0) + 1))


@given(boxes(), boxes(), boxes())
def test_union_does_not_care_for_order(one, other, third) -> None:
    assert one.union(other).union(third) == one.union(other.union(third))
    assert one.union(one) == one


@given(boxes(), boxes())
def test_the_gap_is_the_margin_that_makes_boxes_touch(one, other) -> None:
    gap = one.gap_to(other)
    assert gap == other.gap_to(one)
    assert (gap == 0) or not one.overlaps(other)
    huge = 10 * (ROWS + COLUMNS)
    shifted = [Box(b.top + huge, b.left + huge, b.bottom + huge, b.right + huge) for b in (one, other)]
    assert shifted[0].grown(gap + 1, 2 * huge, 2 * huge).overlaps(shifted[1])
    assert gap == 0 or not shifted[0].grown(gap, 2 * huge, 2 * huge).overlaps(shifted[1])


@given(boxes(), st.integers(0, 100))
def test_a_grown_box_stays_in_the_frame_and_around_the_box(box, margin) -> None:
    grown = box.grown(margin, ROWS, COLUMNS)
    assert grown.union(box) == grown
    assert grown.top >= 0
    assert grown.left >= 0
    assert grown.bottom <= ROWS
    assert grown.right <= COLUMNS
    assert grown.height <= box.height + 2 * margin


@pytest.mark.parametrize("sides", [(1, 0, 1, 5), (0, 5, 5, 5), (3, 0, 2, 5)])
def test_an_empty_box_is_refused(sides) -> None:
    with pytest.raises(InputError, match="top < bottom"):
        Box(*sides)


@given(st.floats(0, 4096), st.floats(0.001, 1), st.floats(-1e3, 1e3), st.booleans())
def test_web_positions_grow_with_columns_unless_mirrored(column, scale, offset, mirrored) -> None:
    placement = Placement(scale, scale, offset, mirrored)
    step = placement.cross_mm(column + 1, 4096) - placement.cross_mm(column, 4096)
    assert step == pytest.approx(-scale if mirrored else scale, rel=1e-5, abs=1e-9)
    assert placement.cross_mm(4096 if mirrored else 0, 4096) == offset


def test_rows_begin_at_the_position_of_the_frame() -> None:
    assert Placement(0.05, 0.05).down_mm(325.5, 870.4) == pytest.approx(886.675)
    assert Placement(0.05, 0.2).down_mm(10, 0) == pytest.approx(2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mm_per_px_cross": 0}, {"mm_per_px_down": -0.05}, {"mm_per_px_cross": float("nan")},
        {"mm_per_px_down": float("inf")}, {"mm_per_px_cross": 50}, {"cross_offset_mm": float("nan")},
    ],
)  # fmt: skip
def test_a_scale_no_camera_has_is_refused(wrong) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Placement(**wrong)
