"""A whole roll under two recipes: its verdict by lane, and its cut list.

Both sides are judged alike, from their own joined defects by their own settings. What was not inspected, splices, what
was measured of lanes and what makes places doubtful is the same for both. Lanes keep the numbers under which they were
recorded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter

from inspection.defect import Kind, Severity
from inspection.roll.along import Stretch, length_mm, without
from inspection.roll.cuts import Cut
from inspection.roll.defect_faults import DefectPlace
from inspection.roll.fault import Fault
from inspection.roll.roll_verdict import LaneVerdict
from inspection.roll.web_defect import WebDefect
from inspection.verdict import Verdict
from service.rollbook.dry_run_answers import CutsLeftOut, CutStretch, LaneChange, RollChange
from service.rollbook.dry_run_sides import Side, Sides
from service.rollbook.evidence import Evidence, kept_evidence
from service.rollbook.faults import faulty_by
from service.rollbook.patterns import MOST_SEARCHED, patterns_of
from service.rollbook.quality import JudgedRoll
from service.rollbook.seen import SeenRoll, seen_roll
from service.store.connection import Connection

_MOST_CUTS = 1000


def roll_change(
    connection: Connection, roll_id: str, sides: Sides, old: Sequence[WebDefect], new: Sequence[WebDefect]
) -> RollChange:
    """Judge a roll by two recipes.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    sides : Sides
        What either makes of its frames.
    old, new : sequence of WebDefect
        Its defects along the web as either judges them.

    Raises
    ------
    UnknownRoll, RecipeError
        As `opened_roll`.
    """
    kept = kept_evidence(connection, seen_roll(connection, roll_id))
    seen = [_seen(kept, side) for side in (sides.before, sides.after)]
    patterns = _patterns(seen, (old, new), kept.splices, once=_crowd_alike(sides))
    evidence = (_evidence(kept, *each) for each in zip(seen, (old, new), patterns, strict=True))
    before, after = (JudgedRoll(faulty_by(each)) for each in evidence)
    newly, no_longer = list(_cut_only_by(after, before)), list(_cut_only_by(before, after))
    return RollChange(
        before=before.verdict.verdict,
        after=after.verdict.verdict,
        lanes=tuple(_lanes(before, after)),
        cuts_before=tuple(before.cuts[:_MOST_CUTS]),
        cuts_after=tuple(after.cuts[:_MOST_CUTS]),
        newly_cut=tuple(newly[:_MOST_CUTS]),
        no_longer_cut=tuple(no_longer[:_MOST_CUTS]),
        newly_cut_m=_metres((each.from_mm, each.to_mm) for each in newly),
        no_longer_cut_m=_metres((each.from_mm, each.to_mm) for each in no_longer),
        left_out=CutsLeftOut(*(max(len(each) - _MOST_CUTS, 0) for each in (before.cuts, after.cuts, newly, no_longer))),
    )


def _crowd_alike(sides: Sides) -> bool:
    """Whether the same repeats and crowds under either: neither depends on severities."""
    before, after = sides.before.recipe, sides.after.recipe
    return sides.joined_once and (before.repeats, before.density) == (after.repeats, after.density)


def _seen(kept: Evidence, side: Side) -> SeenRoll:
    return replace(kept.seen, recipe=side.recipe, frames=side.seen)


def _patterns(
    seen: Sequence[SeenRoll], found: Sequence[Sequence[WebDefect]], splices: Sequence[Stretch], *, once: bool
) -> list[list[Fault]]:
    """What repeats and crowds on either side; looked for once where it is the same."""
    before = list(patterns_of(found[0], seen[0], splices))
    return [before, before if once else list(patterns_of(found[1], seen[1], splices))]


def _evidence(kept: Evidence, seen: SeenRoll, defects: Sequence[WebDefect], patterns: Sequence[Fault]) -> Evidence:
    return replace(
        kept,
        seen=seen,
        places=partial(_places, defects),
        patterns=lambda: patterns,
        searched_to_mm=defects[MOST_SEARCHED].from_mm if len(defects) > MOST_SEARCHED else None,
    )


def _places(defects: Iterable[WebDefect], severities: Sequence[Severity], kind: Kind) -> Iterator[DefectPlace]:
    place = attrgetter(*DefectPlace._fields)
    return (DefectPlace(*place(each)) for each in defects if each.severity in severities or each.kind is kind)


def _lanes(before: JudgedRoll, after: JudgedRoll) -> Iterator[LaneChange]:
    old, new = ({each.lane: each for each in judged.verdict.lanes} for judged in (before, after))
    cut_before, cut_after = _by_lane(before.cuts), _by_lane(after.cuts)
    for lane in sorted(old.keys() | new.keys(), key=lambda lane: lane or 0):
        yield LaneChange(
            lane=lane,
            before=_verdict(old, lane),
            after=_verdict(new, lane),
            reasons_before=_reasons(old, lane),
            reasons_after=_reasons(new, lane),
            cut_m_before=_metres(cut_before.get(lane, ())),
            cut_m_after=_metres(cut_after.get(lane, ())),
        )


def _verdict(judged: Mapping[int | None, LaneVerdict], lane: int | None) -> Verdict | None:
    return judged[lane].verdict if lane in judged else None


def _reasons(judged: Mapping[int | None, LaneVerdict], lane: int | None) -> tuple[str, ...]:
    return judged[lane].reasons if lane in judged else ()


def _by_lane(cuts: Iterable[Cut]) -> dict[int | None, list[Stretch]]:
    stretches: dict[int | None, list[Stretch]] = {}
    for cut in cuts:
        stretches.setdefault(cut.lane, []).append((cut.from_mm, cut.to_mm))
    return stretches


def _cut_only_by(one: JudgedRoll, other: JudgedRoll) -> Iterator[CutStretch]:
    """What of each cut the other side would leave in."""
    by_other = _by_lane(other.cuts)
    for cut in one.cuts:
        for start, end in without([(cut.from_mm, cut.to_mm)], by_other.get(cut.lane, ())):
            yield CutStretch(cut.lane, start, end, cut.why)


def _metres(stretches: Iterable[Stretch]) -> float:
    return round(length_mm(stretches) / 1e3, 4)
