"""The same defects whatever the order, each once."""

from collections.abc import Iterable
from dataclasses import astuple, replace
from itertools import combinations
from random import Random
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told_frames import FRAME_MM, Thing, ToldFrame, rolls, told

from inspection.defect import Kind, Severity
from inspection.limits import KindRule, Limit
from inspection.roll import seams
from inspection.roll.gathered import Gathered
from inspection.roll.joined import Joined
from inspection.roll.joining import JoiningSettings, belong_together, is_same_place, repeats
from inspection.roll.web_defect import WebDefect
from inspection.verdict import VerdictSettings

JOINING, VERDICT = JoiningSettings(), VerdictSettings()


def joined(frames: Iterable[ToldFrame]) -> list[WebDefect]:
    roll = Joined(JOINING, VERDICT)
    for frame in frames:
        roll.add(frame.pieces, frame.splices)
    return roll.defects()


def by_definition(frames: Iterable[ToldFrame]) -> list[WebDefect]:
    """Connected components of the relation between all pairs, slowly."""
    frames = list(frames)
    pieces = [piece for frame in frames for piece in frame.pieces]
    splices = sorted(splice.down_mm for frame in frames for splice in frame.splices)
    group, again = {piece.identity: {piece.identity} for piece in pieces}, set()
    for one, other in combinations(pieces, 2):
        if not belong_together(one, other, splices, JOINING):
            continue
        if is_same_place(one, other, JOINING):
            again.add((one if repeats(one, other) else other).identity)
        merged = group[one.identity] | group[other.identity]
        group.update(dict.fromkeys(merged, merged))
    wholes: dict[tuple[int, int], Gathered] = {}
    for piece in pieces:
        lot = Gathered.of(piece)
        lot = lot.without_area_of(piece) if piece.identity in again else lot
        first = min(group[piece.identity])
        wholes[first] = wholes[first].plus(lot) if first in wholes else lot
    found = [whole.defect(VERDICT) for whole in wholes.values()]
    return sorted(found, key=lambda defect: (defect.from_mm, defect.identity))


def same(found: list[WebDefect], wanted: list[WebDefect]) -> bool:
    told = [[_plain(defect) for defect in defects] for defects in (found, wanted)]
    return len(found) == len(wanted) and all(
        a == (pytest.approx(b, abs=1e-6) if isinstance(b, float) else b)
        for one, other in zip(*told, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def _plain(defect: WebDefect) -> tuple[object, ...]:
    return astuple(defect)


@settings(max_examples=150, deadline=None)
@given(rolls(), st.randoms(use_true_random=False))
def test_frames_give_the_same_defects_in_any_order(frames: list[ToldFrame], chance: Random) -> None:
    wanted = by_definition(frames)
    assert same(joined(frames), wanted)
    chance.shuffle(frames)
    assert same(joined(frames), wanted)


@settings(max_examples=60, deadline=None)
@given(rolls(), st.randoms(use_true_random=False))
def test_changes_told_so_far_are_the_defects(frames: list[ToldFrame], chance: Random) -> None:
    roll, known = Joined(JOINING, VERDICT), dict[tuple[int, int], WebDefect]()
    chance.shuffle(frames)
    for frame in frames:
        changes = roll.add(frame.pieces, frame.splices)
        for before in changes.replaced:
            assert known.pop(before.identity) == before
        known.update({defect.identity: defect for defect in changes.changed})
    assert sorted(known) == sorted(defect.identity for defect in roll.defects())
    assert all(known[defect.identity] == defect for defect in roll.defects())


def test_a_spot_on_a_seam_counts_once() -> None:
    spot = Thing(Kind.BARE_SPOT, FRAME_MM - 2, FRAME_MM + 3, 40, 42)
    (found,) = joined(told([spot], "left", index) for index in range(3))
    assert (found.from_mm, found.to_mm, found.pieces) == (pytest.approx(FRAME_MM - 2), pytest.approx(FRAME_MM + 3), 2)
    assert found.area_mm2 == pytest.approx(10)


def test_spots_on_either_side_of_a_seam_that_lie_apart_are_two() -> None:
    near = Thing(Kind.BARE_SPOT, FRAME_MM - 2, FRAME_MM, 40, 42)
    spots = [near, Thing(Kind.BARE_SPOT, FRAME_MM, FRAME_MM + 2, 44, 46)]
    assert len(joined(told(spots, "left", index) for index in range(2))) == 2


def test_a_streak_over_a_metre_becomes_critical_though_no_piece_is() -> None:
    streak = Thing(Kind.STREAK, 10, 1015, 40, 40.5, Severity.MAJOR)
    frames = [told([streak], "left", index) for index in range(20)]
    (found,) = joined(frames)
    assert (found.severity, found.needs_review, found.pieces) == (Severity.CRITICAL, True, 20)
    (shorter,) = joined(frames[:19])
    assert (shorter.severity, shorter.needs_review) == (Severity.MAJOR, False)


def test_a_streak_that_some_frames_miss_is_one_and_one_that_pauses_longer_is_two() -> None:
    streak = Thing(Kind.STREAK, 0, 1000, 40, 40.5)
    frames = [told([streak], "left", index) for index in range(19)]
    assert len(joined(frames[:5] + frames[8:])) == 1
    assert len(joined(frames[:5] + frames[9:])) == 2


def test_a_spot_that_two_cameras_see_counts_once_with_the_area_of_the_fuller_view() -> None:
    spot = Thing(Kind.BARE_SPOT, 20, 24, 88, 95)
    left, right = told([spot], "left", 0), told([spot], "right", 0, offset_mm=3)
    (found,) = joined([left, right])
    assert (found.left_mm, found.right_mm, found.pieces) == (pytest.approx(88), pytest.approx(95), 2)
    assert found.area_mm2 == pytest.approx(28)
    assert found.camera_id == "left"


def test_a_streak_in_the_sight_of_two_cameras_has_its_area_once() -> None:
    streak = Thing(Kind.STREAK, 0, 400, 95, 95.5)
    frames = [
        told([streak], camera, index, offset_mm=at) for camera, at in (("left", 0), ("right", 20)) for index in range(8)
    ]
    (found,) = joined(frames)
    assert found.area_mm2 == pytest.approx(400 * 0.5, rel=0.1)


def test_the_faces_of_the_web_are_not_joined() -> None:
    streak = Thing(Kind.STREAK, 0, 50, 95, 95.5)
    above, below = told([streak], "left", 0), told([streak], "right", 0)
    other = replace(below.origin, view=replace(below.origin.view, side="bottom"))
    assert len(joined([above, replace(below, origin=other)])) == 2


def test_a_splice_that_comes_late_parts_a_streak() -> None:
    streak, splice = Thing(Kind.STREAK, 0, 500, 40, 40.5), Thing(Kind.SPLICE, 250, 258, 0, 192)
    frames = [told([streak, splice], "left", index) for index in range(10)]
    late = [*frames[:4], *frames[6:], *frames[4:6]]
    assert len(joined(frames[:4] + frames[6:])) == 1
    assert len(joined(late)) == 2
    assert same(joined(late), joined(frames))


def test_a_narrow_thing_that_is_called_a_splice_parts_nothing() -> None:
    streak, line = Thing(Kind.STREAK, 0, 200, 40, 40.5), Thing(Kind.SPLICE, 51, 102, 80, 80.2)
    assert len(joined(told([streak, line], "left", index) for index in range(4))) == 1


def test_islands_of_what_breaks_up_are_one_and_neighbours_of_other_kinds_are_not() -> None:
    first, second = Thing(Kind.DELAMINATION, 20, 24, 40, 42), Thing(Kind.DELAMINATION, 25, 26, 43, 44)
    assert len(joined([told([first, second], "left", 0)])) == 1
    assert len(joined([told([first, replace(second, kind=Kind.UNKNOWN)], "left", 0)])) == 1
    assert len(joined([told([first, replace(second, kind=Kind.PINHOLE)], "left", 0)])) == 2
    assert len(joined([told([replace(thing, kind=Kind.PINHOLE) for thing in (first, second)], "left", 0)])) == 2


def test_streaks_stay_apart_from_a_frame_that_tells_them_as_one_wide_thing() -> None:
    streaks = [Thing(Kind.STREAK, 0, 154, 40, 40.5), Thing(Kind.STREAK, 0, 154, 50, 50.5)]
    both = Thing(Kind.STREAK, 0, 154, 40, 50.5)
    frames = [told(streaks, "left", 0), told([both], "left", 1), told(streaks, "left", 2)]
    assert sorted(defect.pieces for defect in joined(frames)) == [1, 2, 2]


def test_a_long_streak_costs_as_much_at_its_end_as_at_its_beginning() -> None:
    roll, streak = Joined(JOINING, VERDICT), Thing(Kind.STREAK, 0, 1e9, 40, 40.5)
    for index in range(400):
        frame = told([streak], "left", index)
        changes = roll.add(frame.pieces, frame.splices)
        assert (len(changes.changed), len(changes.kept), len(changes.moved)) == (1, 1, 0)
    assert [defect.pieces for defect in roll.defects()] == [400]


def test_in_a_frame_full_of_spots_each_is_compared_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Mock(side_effect=belong_together)
    monkeypatch.setattr(seams, "belong_together", compared)
    chance = Random(1)
    places = [(chance.uniform(0, 50), chance.uniform(0, 101)) for _ in range(1000)]
    frame = told([Thing(Kind.STAIN, down, down + 0.3, cross, cross + 0.3) for down, cross in places], "left", 0)
    Joined(JOINING, VERDICT).add(frame.pieces)
    assert len(frame.pieces) == 1000
    assert compared.call_count < 5 * 1000


def test_a_piece_that_is_told_twice_counts_once() -> None:
    roll, frame = Joined(JOINING, VERDICT), told([Thing(Kind.STREAK, 0, 40, 40, 40.5)], "left", 0)
    assert len(roll.add(frame.pieces).changed) == 1
    assert roll.add(frame.pieces).changed == ()
    assert [defect.pieces for defect in roll.defects()] == [1]


@settings(max_examples=60, deadline=None)
@given(rolls(), st.randoms(use_true_random=False))
def test_other_limits_judge_what_was_joined_as_if_it_had_been_judged_by_them_before(
    frames: list[ToldFrame], chance: Random
) -> None:
    other = VerdictSettings({Kind.STREAK: KindRule(Severity.MINOR, (Limit("length_mm", 100.0, Severity.CRITICAL),))})
    once, anew, judged = Joined(JOINING, VERDICT), Joined(JOINING, other), {}
    for frame in frames:
        told = {piece.identity: (chance.choice([*Severity]), chance.random() < 0.5) for piece in frame.pieces[::2]}
        severities = [told.get(piece.identity, (piece.severity, piece.needs_review)) for piece in frame.pieces]
        pieces = [
            replace(piece, severity=severity, needs_review=review)
            for piece, (severity, review) in zip(frame.pieces, severities, strict=True)
        ]
        judged |= told
        once.add(frame.pieces, frame.splices)
        anew.add(pieces, frame.splices)
    assert same(once.judged_by(other, judged), anew.defects())
