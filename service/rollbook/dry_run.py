"""The dry run: a roll that was inspected, under another recipe; nothing is changed.

In:  a roll's records, and a recipe.
Out: what the roll would be worth by lane and what would be cut out of it, which verdicts of frames, which metres and
which counts would be others, what mistakes would be expected to cost, and by how much of the roll all this stands.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from inspection.recipe import Recipe
from inspection.recipe_diff import headings_changed, recipe_diff
from inspection.roll.web_defect import WebDefect
from inspection.verdict import Verdict
from service.errors import UnknownRoll
from service.rollbook.dry_run_answers import Coverage, DryRun, LeftOut, RollChange, VerdictCount
from service.rollbook.dry_run_differences import costs_of, defect_counts, frame_change, metre_changes, stretch_changes
from service.rollbook.dry_run_rolls import roll_change
from service.rollbook.dry_run_sides import Seen, Side, Sides
from service.rollbook.opened import OpenedRoll, opened_roll
from service.rollbook.reinspecting import Reinspection, classifier_of
from service.rollbook.replaying import FrameReplayed, replay
from service.settings import Settings
from service.store.connection import Connection
from service.store.replays import frame_count

FILTERS = ("frame_checks", "flat_field", "web", "screening", "segmentation", "regions", "classification")
"""Headings that change what is found and how it is named: records alone cannot tell what another value would give."""

OF_RUNNING_WEB = ("alarms",)
"""Headings that judge nothing: what would have been told while the web ran is not tried."""

_MOST_FRAMES = _MOST_STRETCHES = 1000
_MOST_METRES = 5000
_MOST_REASONS = 10


def dry_run(
    connection: Connection,
    roll_id: str,
    recipe: Recipe,
    settings: Settings,
    *,
    total: Callable[[int], None] = lambda _: None,
    advance: Callable[[], None] = lambda: None,
) -> DryRun:
    """Judge a roll by another recipe, from its records and as far as filters differ from kept pictures.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    recipe : Recipe
    settings : Settings
        Where the station's calibrations, models and pictures lie.
    total : callable
        Told once how many frames there are.
    advance : callable
        Called after each.

    Raises
    ------
    UnknownRoll
        There is no such roll, or no frame of it was inspected.
    RecipeError
        Its own recipe cannot be read by this release.
    """
    roll = roll_with_frames(connection, roll_id)
    total(frame_count(connection, roll_id))
    filters, pictures = _pictures(roll, recipe, settings)
    sides, seen = Sides(roll.recipe, recipe, found_alike=pictures is None), Seen()
    changed: list[FrameReplayed] = []
    held = Counter[str]()
    for replayed in replay(connection, roll, recipe, settings.data_dir, pictures):
        sides.add(replayed)
        seen.add(replayed)
        if replayed.after.verdict is Verdict.HOLD:
            held[replayed.after.reasons[0]] += 1
        if replayed.before.verdict is not replayed.after.verdict:
            changed.append(replayed)
        advance()
    old, new = sides.defects()
    whole = roll_change(connection, roll_id, sides, old, new)
    not_tried = tuple(name for name in OF_RUNNING_WEB if name in headings_changed(roll.recipe, recipe))
    coverage = _coverage(filters, not_tried, pictures, sides.before, seen)
    return _told(roll, sides, (old, new), whole, changed, held, coverage)


def roll_with_frames(connection: Connection, roll_id: str) -> OpenedRoll:
    """Return a roll that can be judged anew.

    Raises
    ------
    UnknownRoll
        There is no such roll, or no frame of it was inspected.
    """
    roll = opened_roll(connection, roll_id)
    if not frame_count(connection, roll_id):
        raise UnknownRoll(f"expected a roll of which frames were inspected, there are none of {roll_id}")
    return roll


def _pictures(roll: OpenedRoll, recipe: Recipe, settings: Settings) -> tuple[tuple[str, ...], Reinspection | None]:
    """The filters that differ, and what inspects pictures again where they do."""
    changed = headings_changed(roll.recipe, recipe)
    filters = tuple(name for name in FILTERS if name in changed)
    classifier = classifier_of(settings, roll.entry.model_sha256) if filters else None
    return filters, Reinspection(settings.data_dir, classifier, roll.recipe, recipe) if classifier else None


def _told(
    roll: OpenedRoll,
    sides: Sides,
    defects: tuple[Sequence[WebDefect], Sequence[WebDefect]],
    whole: RollChange,
    changed: Sequence[FrameReplayed],
    held: Counter[str],
    coverage: Coverage,
) -> DryRun:
    (old, new), before, after = defects, sides.before, sides.after
    frames = [frame_change(each) for each in changed]
    stretches, metres = stretch_changes(changed), metre_changes(old, new)
    return DryRun(
        roll_id=roll.entry.roll_id,
        recipe_before=roll.recipe.ref,
        recipe_after=after.recipe.ref,
        recipe_changes=recipe_diff(roll.recipe, after.recipe),
        roll=whole,
        verdicts=tuple(_count(verdict, before, after) for verdict in Verdict),
        frames_changed=len(changed),
        frames_held=after.frames[Verdict.HOLD],
        held_because=tuple(f"{reason} ({count} frames)" for reason, count in held.most_common(_MOST_REASONS)),
        frames=tuple(frames[:_MOST_FRAMES]),
        stretches=tuple(stretches[:_MOST_STRETCHES]),
        defects=defect_counts(old, new),
        metres=tuple(metres[:_MOST_METRES]),
        costs=costs_of(old, new, roll.recipe, after.recipe),
        coverage=coverage,
        left_out=LeftOut(
            max(len(frames) - _MOST_FRAMES, 0),
            max(len(stretches) - _MOST_STRETCHES, 0),
            max(len(metres) - _MOST_METRES, 0),
        ),
    )


def _count(verdict: Verdict, before: Side, after: Side) -> VerdictCount:
    metres = (round(side.length_mm[verdict] / 1e3, 4) for side in (before, after))
    return VerdictCount(verdict, before.frames[verdict], after.frames[verdict], *metres)


def _coverage(
    filters: tuple[str, ...], not_tried: tuple[str, ...], pictures: Reinspection | None, before: Side, seen: Seen
) -> Coverage:
    frames, metres = before.frames.total(), sum(before.length_mm.values()) / 1e3
    return Coverage(
        filters=filters,
        not_tried=not_tried,
        frames=frames,
        metres=round(metres, 4),
        seen_frames=seen.frames,
        seen_metres=round(seen.length_mm / 1e3, 4),
        as_recorded=seen.as_recorded,
        disagreeing=seen.disagreeing,
        told=_in_words(filters, pictures, frames, metres, seen) + _not_tried_told(not_tried),
    )


def _not_tried_told(headings: Sequence[str]) -> str:
    if not headings:
        return ""
    are = "is" if len(headings) == 1 else "are"
    return f"; {', '.join(headings)} {are} not tried: what would have been told while the web ran"


def _in_words(filters: Sequence[str], pictures: Reinspection | None, frames: int, metres: float, seen: Seen) -> str:
    if not filters:
        return "only limits differ: records tell all of it"
    changed = f"{', '.join(filters)} change what is found"
    if pictures is None:
        return f"{changed}, and the model of this roll is here no more: no frame was inspected again, limits alone were"
    share, length = seen.frames / frames, seen.length_mm / 1e3 / metres if metres else 0.0
    return (
        f"{changed}: {seen.frames} of {frames} frames ({share:.1%}, {length:.1%} of the metres) were inspected again "
        "from their pictures; of the others only limits were asked, and what else would be found there is unknown"
    )
