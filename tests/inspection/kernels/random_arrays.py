"""Sizes that fit no grid, and pixels that may not be written to: what every kernel must take."""

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

BAND = 8

quickly = settings(max_examples=40, deadline=None)
"""For every property here: the first example may wait for the compiler."""

seeds = st.integers(0, 2**32 - 1)
sides = st.integers(16, 75)


def random_pixels(rng, rows, columns, dtype):
    """Pixels over the whole range of their type, read-only as every frame's are."""
    pixels = rng.integers(0, np.iinfo(dtype).max, (rows, columns), dtype, endpoint=True)
    pixels.flags.writeable = False
    return pixels


@st.composite
def frames(draw: Any) -> tuple[np.random.Generator, np.ndarray]:
    """A random generator, and pixels of any size and either depth."""
    rng = np.random.default_rng(draw(seeds))
    dtype = draw(st.sampled_from([np.uint8, np.uint16]))
    return rng, random_pixels(rng, draw(sides), draw(sides), dtype)


def random_lanes(rng, bands, columns, count):
    """Limits of lanes that wander, and what each shows: shapes (bands, lanes, 4) and (bands, lanes)."""
    cuts = np.sort(rng.integers(0, columns, (bands, 4 * count), endpoint=True), axis=1)
    states = rng.integers(0, 3, (bands, count)).astype(np.int8)
    same = rng.random(bands) < 0.5
    for band in np.flatnonzero(same[1:]) + 1:
        cuts[band], states[band] = cuts[band - 1], states[band - 1]
    return cuts.reshape(bands, count, 4), states


def materials(lanes, states, columns):
    """What each column shows in each band, shape (bands, columns).

    'f'oil, 'c'oating, 'b'are lane: foil that belongs to no mean, or '-' where nothing is judged.
    """
    shown = np.full((len(lanes), columns), "f")
    for band, (limits, state) in enumerate(zip(lanes, states, strict=True)):
        for (outer_left, left, right, outer_right), what in zip(limits, state, strict=True):
            shown[band, outer_left:outer_right] = "b" if what == 1 else "-"
            if what == 0:
                shown[band, left:right] = "c"
    shown[:, [0, -1]] = "-"
    return shown


def sums_of_nine(pixels):
    """3x3 sums, those of the first and last row taken from their neighbours; 0 in the outer columns."""
    rows, columns = pixels.shape
    sums = np.zeros((rows, columns), np.int64)
    inner = np.lib.stride_tricks.sliding_window_view(pixels.astype(np.int64), (3, 3)).sum(axis=(2, 3))
    sums[1:-1, 1:-1] = inner
    sums[0], sums[-1] = sums[1], sums[-2]
    return sums
