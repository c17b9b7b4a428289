"""Which pieces belong to one thing: near neighbours, and pieces that lie in one line."""

import numpy as np
from numpy.typing import NDArray

from inspection.kernels.compiler import compiled, inlined

_LINE_PX = 100.0
_LINE_DEGREES = 6.0
"""A line along the web is this long, and runs this straight. What lies beside it is near by its width, as the flanks
of a furrow are, not by its length: streaks side by side are each one of its own, however long."""


@inlined
def _turn(one, other):  # type: ignore[no-untyped-def]
    """Angle between two directions without sense, 0 to 90 degrees."""
    apart = abs(one - other) % 180.0
    return min(apart, 180.0 - apart)


@inlined
def _lines_width(axes, n):  # type: ignore[no-untyped-def]
    """Width of what runs along the web and is thin, else 0."""
    thin = axes[n, 0] >= 3 * axes[n, 1] and _turn(axes[n, 2], 90.0) <= _LINE_DEGREES
    return axes[n, 1] if thin else 0.0


@inlined
def _far_beside(axes, a, b, gaps, limits):  # type: ignore[no-untyped-def]
    """Whether one is a line along the web and the other lies beside it, too far for its width."""
    gap_down, gap_cross = gaps
    a_width, b_width = _lines_width(axes, a), _lines_width(axes, b)
    width, both = max(a_width, b_width), min(a_width, b_width) > 0
    a_line, b_line = a_width > 0 and axes[a, 0] >= _LINE_PX, b_width > 0 and axes[b, 0] >= _LINE_PX
    return (a_line or b_line) and (both or gap_down <= 0) and gap_cross > max(limits[0], limits[1] * width)


@compiled
def _one_thing(boxes, axes, a, b, limits):  # type: ignore[no-untyped-def]
    touching, reach, in_line_reach, in_line_degrees = limits
    gap_down = max(boxes[a, 0] - boxes[b, 2], boxes[b, 0] - boxes[a, 2])
    gap_cross = max(boxes[a, 1] - boxes[b, 3], boxes[b, 1] - boxes[a, 3])
    gap, shorter = max(gap_down, gap_cross, 0.0), min(axes[a, 0], axes[b, 0])
    if _far_beside(axes, a, b, (gap_down, gap_cross), limits):
        return False
    if gap <= max(touching, reach * shorter):
        return True
    thin = axes[a, 0] >= 3 * axes[a, 1] and axes[b, 0] >= 3 * axes[b, 1]
    if not thin or gap > in_line_reach * shorter or _turn(axes[a, 2], axes[b, 2]) > in_line_degrees:
        return False
    down = boxes[a, 0] + boxes[a, 2] - boxes[b, 0] - boxes[b, 2]
    cross = boxes[a, 1] + boxes[a, 3] - boxes[b, 1] - boxes[b, 3]
    between = np.degrees(np.arctan2(down, cross))
    return min(_turn(between, axes[a, 2]), _turn(between, axes[b, 2])) <= in_line_degrees


@compiled
def gather(
    boxes: NDArray[np.float64], axes: NDArray[np.float64], limits: tuple[float, float, float, float]
) -> NDArray[np.int64]:
    """Number the things that pieces belong to, directly or through others.

    Parameters
    ----------
    boxes : ndarray of shape (pieces, 4)
        Top, left, bottom, right.
    axes : ndarray of shape (pieces, 3)
        Long axis, short axis, direction in degrees.
    limits : tuple of float
        Gap that still touches in px; gap as a share of the smaller piece's length; the same for
        thin pieces in one line; how far their directions may differ in degrees.

    Returns
    -------
    ndarray of shape (pieces,), int64
        From 0, in the order of the first piece of each.
    """
    pieces = len(boxes)
    thing = np.full(pieces, -1, np.int64)
    waiting = np.empty(pieces, np.int64)
    things = 0
    for first in range(pieces):
        if thing[first] >= 0:
            continue
        thing[first], waiting[0], left = things, first, 1
        while left:
            left -= 1
            piece = waiting[left]
            for other in range(pieces):
                if thing[other] < 0 and _one_thing(boxes, axes, piece, other, limits):
                    thing[other], waiting[left] = things, other
                    left += 1
        things += 1
    return thing
