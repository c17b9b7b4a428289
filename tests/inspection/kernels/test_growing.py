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

sides = st.integers(1, 33)


def told(values, weak, strong, reach):
    """Labels from 1 in the order of their first strong cell, by the graph of all weak cells."""
    size, labels = np.abs(values.astype(float)), np.zeros(values.shape, np.int32)
    cells = np.argwhere(size >= weak)
    if not len(cells):
        return labels
    groups = connected_components(cdist(cells, cells, "chebyshev") <= reach)[1]
    loud = size[tuple(cells.T)] >= strong
    for number, group in enumerate(dict.fromkeys(groups[loud].tolist()), 1):
        labels[tuple(cells[groups == group].T)] = number
    return labels


def check_measures(values, labels, extents, extremes):
    assert len(extents) == len(extremes) == labels.max()
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        own = values[labels == number]
        (top, bottom), (left, right) = ((axis.start, axis.stop) for axis in place)
        assert extents[number - 1].tolist() == [top, left, bottom, right, own.size]
        assert abs(extremes[number - 1]) == np.abs(own).max()
        assert extremes[number - 1] in own


@quickly
@given(seeds, sides, sides, st.sampled_from([np.int16, np.float32]), st.integers(1, 3))
def test_groups_are_weak_cells_around_strong_ones(seed, rows, columns, dtype, reach) -> None:
    rng = np.random.default_rng(seed)
    values = np.rint(rng.normal(0, 20, (rows, columns))).astype(dtype)
    labels, extents, extremes = grow(values, 30.0, 45.0, reach)
    np.testing.assert_array_equal(labels, told(values, 30, 45, reach))
    check_measures(values, labels, extents, extremes)


@quickly
@given(seeds, sides, sides)
def test_touching_groups_are_those_of_scipy(seed, rows, columns) -> None:
    flags = (np.random.default_rng(seed).random((rows, columns)) < 0.3).astype(np.uint8)
    labels, extents, _ = grow(flags, 1, 1, 1)
    theirs, count = ndimage.label(flags, np.ones((3, 3)))
    assert len(extents) == count
    np.testing.assert_array_equal(labels, theirs)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_read_only_values_grow_too(dtype) -> None:
    values = np.zeros((5, 9), dtype)
    values[2, 3:6] = -7, 9, -11
    values.flags.writeable = False
    labels, extents, extremes = grow(values, 5.0, 10.0, 1)
    assert extents.tolist() == [[2, 3, 3, 6, 3]]
    assert extremes.tolist() == [-11]
    assert labels.sum() == 3


def test_weak_cells_alone_are_nothing() -> None:
    labels, extents, extremes = grow(np.full((4, 4), 9, np.int16), 5.0, 10.0, 1)
    assert not labels.any()
    assert len(extents) == len(extremes) == 0
