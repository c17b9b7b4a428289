"""Two cameras beside each other, on webs whose lanes are known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.geometry import View
from inspection.roll.overlap import Difference, Edge, around, difference, gaps, overlap

LANES_MM = ((20.0, 150.0), (165.0, 290.0), (305.0, 380.0))
"""Left and right edges across the web, from the operator side."""

METRES = 20


def seen(view: View, offset_error_mm: float = 0.0) -> list[Edge]:
    """The edges that a camera tells whose view is truly there and whose offset is wrong; the web wanders."""
    wander = np.random.default_rng(0).normal(0, 0.3, METRES)
    noise = np.random.default_rng(int(view.left_mm)).normal(0, 0.05, METRES)
    edges = [(rim, place) for left, right in LANES_MM for rim, place in (("left", left), ("right", right))]
    return [
        Edge(metre, rim, place + wander[metre] + noise[metre] + offset_error_mm)
        for metre in range(METRES)
        for rim, place in edges
        if view.left_mm < place + wander[metre] < view.right_mm
    ]


def compared(first: View, second: View, offset_error_mm: float) -> Difference | None:
    """What two cameras are told to differ by, when the second's offset is wrong."""
    told = replace(second, left_mm=second.left_mm + offset_error_mm, right_mm=second.right_mm + offset_error_mm)
    shared = overlap(first, told)
    assert shared
    left, right = around(shared)
    edges = [
        [edge for edge in each if left <= edge.cross_mm <= right]
        for each in (seen(first), seen(second, offset_error_mm))
    ]
    return difference(edges[0], edges[1], shared)


@pytest.mark.parametrize("error_mm", [0.0, 0.4, 1.5, -1.5, 6.0, -6.0, 14.0, -12.0])
def test_a_wrong_offset_is_told_by_how_much(error_mm: float) -> None:
    found = compared(View(0, 172), View(142, 320), error_mm)
    assert found
    assert found.by_mm == pytest.approx(error_mm, abs=0.1)
    assert (found.first_metre, found.last_metre) == (0, METRES - 1)


@given(st.floats(-8, 8))
def test_whatever_the_error_it_is_found(error_mm: float) -> None:
    found = compared(View(0, 172), View(142, 320), error_mm)
    assert found
    assert found.by_mm == pytest.approx(error_mm, abs=0.1)


def test_edges_that_only_one_camera_can_see_are_compared_with_no_other() -> None:
    """The overlap lies between the edges at 150 and 165 mm: each camera sees one of them."""
    assert compared(View(0, 162), View(153, 320), 0.0) is None


def test_a_lane_seen_by_one_camera_in_some_metres_only_spoils_nothing() -> None:
    first, second = seen(View(0, 172)), seen(View(142, 320))
    found = difference(first, [edge for edge in second if edge.metre >= 5], (142, 172))
    assert found
    assert (found.first_metre, abs(found.by_mm) < 0.1) == (5, True)


def test_views_of_different_sides_and_views_that_only_touch_do_not_overlap() -> None:
    assert overlap(View(0, 172), View(142, 320, "bottom")) is None
    assert overlap(View(0, 100), View(100, 200)) is None
    assert overlap(View(142, 320), View(0, 172)) == (142, 172)


def test_a_gap_between_views_is_told_where_there_are_lanes() -> None:
    views = [View(205, 400), View(0, 100), View(90, 200)]
    assert gaps(views, (20, 380)) == [(200, 205)]
    assert gaps(views, (20, 203)) == [(200, 203)]
    assert gaps(views, (20, 199)) == []


def test_views_that_overlap_or_meet_leave_no_gap() -> None:
    assert gaps([View(0, 100), View(100.05, 200), View(190, 300)], (20, 280)) == []
