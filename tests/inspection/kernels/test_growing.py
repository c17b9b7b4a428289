"""Hysteresis, against SciPy's labels and a plain graph."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_arrays import quickly, seeds
from scipy import ndimage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist

from inspection.kernels.growing import grow
from inspection.kernels.moments import mask_axes

sides = st.integers(1, 33)


def grown(values, weak, strong, reach):
    """Groups, and their cells as labels from 1."""
    groups, labels, start = grow(values, weak, strong, reach), np.zeros(values.shape, np.int32), 0
    for number, (top, left, bottom, right, _) in enumerate(groups.extents.tolist(), 1):
        size = (bottom - top) * (right - left)
        labels[top:bottom, left:right] += number * groups.masks[start : start + size].reshape(bottom - top, -1)
        start += size
    assert start == len(groups.masks)
    return groups, labels


def told(values, weak, strong, reach):
    """Labels from 1 in the order of their first cell, by the graph of all weak cells."""
    size, labels = np.abs(values.astype(float)), np.zeros(values.shape, np.int32)
    cells = np.argwhere(size >= weak)
    if not len(cells):
        return labels
    groups = connected_components(cdist(cells, cells, "chebyshev") <= reach)[1]
    loud = set(groups[size[tuple(cells.T)] >= strong].tolist())
    for number, group in enumerate((g for g in dict.fromkeys(groups.tolist()) if g in loud), 1):
        labels[tuple(cells[groups == group].T)] = number
    return labels


def check_measures(values, labels, groups):
    extents, extremes = groups.extents, groups.extremes
    assert len(extents) == len(extremes) == len(groups.axes) == labels.max()
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        own = values[labels == number]
        (top, bottom), (left, right) = ((axis.start, axis.stop) for axis in place)
        assert extents[number - 1].tolist() == [top, left, bottom, right, own.size]
        assert abs(extremes[number - 1]) == np.abs(own).max()
        assert extremes[number - 1] in own
        mask = (labels[top:bottom, left:right] == number).astype(np.uint8)
        longer, shorter, degrees = mask_axes(mask)
        np.testing.assert_allclose(groups.axes[number - 1, :2], (longer, shorter), rtol=1e-6)
        if longer > 1.001 * shorter:
            assert abs(np.sin(np.radians(groups.axes[number - 1, 2] - degrees))) < 1e-3


@quickly
@given(seeds, sides, sides, st.sampled_from([np.int16, np.float32]), st.integers(1, 3))
def test_groups_are_weak_cells_around_strong_ones(seed, rows, columns, dtype, reach) -> None:
    rng = np.random.default_rng(seed)
    values = np.rint(rng.normal(0, 20, (rows, columns))).astype(dtype)
    groups, labels = grown(values, 30.0, 45.0, reach)
    np.testing.assert_array_equal(labels, told(values, 30, 45, reach))
    check_measures(values, labels, groups)


@quickly
@given(seeds, sides, sides)
def test_touching_groups_are_those_of_scipy(seed, rows, columns) -> None:
    flags = (np.random.default_rng(seed).random((rows, columns)) < 0.3).astype(np.uint8)
    groups, labels = grown(flags, 1, 1, 1)
    theirs, count = ndimage.label(flags, np.ones((3, 3)))
    assert len(groups.extents) == count
    np.testing.assert_array_equal(labels, theirs)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_read_only_values_grow_too(dtype) -> None:
    values = np.zeros((5, 9), dtype)
    values[2, 3:6] = -7, 9, -11
    values.flags.writeable = False
    groups, labels = grown(values, 5.0, 10.0, 1)
    assert groups.extents.tolist() == [[2, 3, 3, 6, 3]]
    assert groups.extremes.tolist() == [-11]
    assert labels.sum() == 3


def test_weak_cells_alone_are_nothing() -> None:
    groups, labels = grown(np.full((4, 4), 9, np.int16), 5.0, 10.0, 1)
    assert not labels.any()
    assert len(groups.extents) == len(groups.extremes) == len(groups.masks) == 0
