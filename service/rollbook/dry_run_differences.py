"""What differs between the two sides of a dry run: frames, stretches, counts and expected costs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import starmap
from typing import Any

from inspection.costs import expected
from inspection.defect import Kind, Severity
from inspection.recipe import Recipe
from inspection.roll.web_defect import WebDefect
from inspection.verdict import Verdict
from service.rollbook.dry_run_answers import Costs, DefectCount, FrameChange, KindExpected, MetreChange, StretchChange
from service.rollbook.replaying import FrameReplayed
from service.store.entries import frame_id


def frame_change(replayed: FrameReplayed) -> FrameChange:
    """Tell a frame that changes."""
    frame, after = replayed.frame, replayed.after
    return FrameChange(
        frame_id=frame_id(frame.id),
        camera_id=frame.camera_id,
        sequence=frame.sequence,
        from_mm=frame.position_mm,
        to_mm=frame.position_mm + frame.length_mm,
        before=replayed.before.verdict,
        after=after.verdict,
        reasons=after.reasons,
        source=replayed.source,
    )


def stretch_changes(changed: Iterable[FrameReplayed]) -> list[StretchChange]:
    """Frames of numbers without a gap that change in the same way, as one."""
    stretches: list[StretchChange] = []
    last = None
    for replayed in changed:
        frame, here = replayed.frame, frame_change(replayed)
        goes_on = last == (frame.camera_id, frame.sequence - 1, here.before, here.after)
        last = frame.camera_id, frame.sequence, here.before, here.after
        if goes_on:
            stretch = stretches.pop()
            begin, end = min(stretch.from_mm, here.from_mm), max(stretch.to_mm, here.to_mm)
            stretches.append(replace(stretch, from_mm=begin, to_mm=end, frames=stretch.frames + 1))
        else:
            stretches.append(StretchChange(here.camera_id, here.from_mm, here.to_mm, 1, here.before, here.after))
    return stretches


def defect_counts(old: Sequence[WebDefect], new: Sequence[WebDefect]) -> tuple[DefectCount, ...]:
    """Count the defects of the web by lane, kind and severity."""
    return tuple(starmap(DefectCount, _both(map(_what, old), map(_what, new))))


def metre_changes(old: Sequence[WebDefect], new: Sequence[WebDefect]) -> list[MetreChange]:
    """List the metres in which a count would be another."""
    rows = _both(map(_where, old), map(_where, new))
    return [MetreChange(*row) for row in rows if row[-2] != row[-1]]


def _what(defect: WebDefect) -> tuple[int, Kind, Severity]:
    return defect.lane or 0, defect.kind, defect.severity


def _where(defect: WebDefect) -> tuple[int, int, Kind, Severity]:
    return int(defect.down_mm // 1e3), *_what(defect)


def _both(old: Iterable[tuple[Any, ...]], new: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Each key of either with how often it is there in both, in order."""
    before, after = Counter(old), Counter(new)
    return [(*key, before[key], after[key]) for key in sorted(before.keys() | after.keys())]


def costs_of(old: Sequence[WebDefect], new: Sequence[WebDefect], before: Recipe, after: Recipe) -> Costs:
    """Say what is expected of either recipe.

    Both by the rates and costs of the one that is tried, so that judging alone makes the difference.
    """
    costs = after.costs.kinds
    counted = [_found_and_rejected(defects, recipe) for defects, recipe in ((old, before), (new, after))]
    found = sorted({kind for counts in counted for kind in counts})
    kinds = tuple(
        KindExpected(kind, *(expected(*counts.get(kind, (0, 0)), costs[kind]) for counts in counted))
        for kind in found if kind in costs
    )  # fmt: skip
    without = tuple(kind for kind in found if kind not in costs)
    return Costs(sum(each.before.cost for each in kinds), sum(each.after.cost for each in kinds), kinds, without)


def _found_and_rejected(defects: Sequence[WebDefect], recipe: Recipe) -> dict[Kind, tuple[int, int]]:
    found = Counter(defect.kind for defect in defects)
    rejecting = {each for each in Severity if Verdict(getattr(recipe.verdict, each)) is Verdict.REJECT}
    rejected = Counter(defect.kind for defect in defects if defect.severity in rejecting)
    return {kind: (count, rejected[kind]) for kind, count in found.items()}
