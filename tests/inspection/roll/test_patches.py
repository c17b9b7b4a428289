"""Patches: cut by frames, joined again, whatever the order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.record import CoatedPatch
from inspection.roll.patches import Intervals, joined, pack, patches_and_skips, unpack

FRAME_MM, COATED_MM, BARE_MM = 51.2, 62.0, 14.0


def cut(frames, lost=(), phase=3.0):
    """What frames show of a web of patches, as one camera packs it, and the frames' extents."""
    pitch, packed, extents = COATED_MM + BARE_MM, [], []
    for frame in range(frames):
        begin, end = frame * FRAME_MM, (frame + 1) * FRAME_MM
        if frame in lost:
            continue
        starts = [phase + n * pitch for n in range(-2, int(end / pitch) + 1)]
        seen = [(max(begin, start), min(end, start + COATED_MM)) for start in starts]
        packed.append(pack((1, CoatedPatch(a, b, a > begin, b < end)) for a, b in seen if b > a))
        extents.append((begin, end))
    return packed, np.array(extents)


def measured(packed, extents):
    seen = joined(extents[:, 0], extents[:, 1])
    return patches_and_skips(unpack(packed)[1], seen)


@given(st.randoms(use_true_random=False), st.floats(0, 76))
def test_patches_cut_by_frames_have_their_lengths_again_in_any_order(random, phase) -> None:
    packed, extents = cut(40, phase=phase)
    order = list(range(40))
    random.shuffle(order)
    patches, skips = measured([packed[n] for n in order], extents[order])
    np.testing.assert_allclose(patches.to_mm - patches.from_mm, COATED_MM, atol=1e-6)
    np.testing.assert_allclose(skips.to_mm - skips.from_mm, BARE_MM, atol=1e-6)
    assert abs(len(patches.from_mm) - 40 * FRAME_MM / 76) <= 2
    assert (patches.from_mm[1:] >= patches.to_mm[:-1]).all()


@given(st.sets(st.integers(1, 38), max_size=12))
def test_where_a_frame_is_missing_nothing_has_a_length(lost) -> None:
    patches, skips = measured(*cut(40, lost))
    np.testing.assert_allclose(patches.to_mm - patches.from_mm, COATED_MM, atol=1e-6)
    np.testing.assert_allclose(skips.to_mm - skips.from_mm, BARE_MM, atol=1e-6)
    for frame in lost:
        begin, end = frame * FRAME_MM, (frame + 1) * FRAME_MM
        for each in (patches, skips):
            assert ((each.to_mm <= begin) | (each.from_mm >= end)).all()


def test_a_patch_that_begins_at_the_very_seam_of_two_frames_is_whole() -> None:
    patches, _ = measured(*cut(6, phase=FRAME_MM))
    assert patches.from_mm[0] == FRAME_MM


@pytest.mark.parametrize("apart_mm", [0.0, 0.4, -3.0])
def test_intervals_that_touch_within_half_a_millimetre_join(apart_mm) -> None:
    both = joined(np.array([10.0 + apart_mm, 0.0]), np.array([20.0, 10.0]))
    assert (both.from_mm.tolist(), both.to_mm.tolist()) == ([0], [20])


def test_intervals_farther_apart_do_not_join() -> None:
    assert joined(np.array([0.0, 10.6]), np.array([10.0, 20.0])).from_mm.tolist() == [0, 10.6]


def test_lengths_by_metre_lie_where_the_middle_of_each_lies() -> None:
    series = Intervals(np.array([100.0, 950.0, 1500.0]), np.array([160.0, 1012.0, 1564.0])).by_metre()
    assert series.metres.tolist() == [0, 1]
    np.testing.assert_allclose((series.mean, series.low, series.high), ([61, 64], [60, 64], [62, 64]))


def test_lanes_are_packed_together_and_come_apart_again() -> None:
    packed = [pack([(1, CoatedPatch(0, 5, False, True)), (3, CoatedPatch(1, 6, True, True))]), b""]
    lanes = unpack(packed)
    assert sorted(lanes) == [1, 3]
    assert (lanes[3]["from_mm"].tolist(), lanes[3]["to_mm"].tolist()) == ([1], [6])
