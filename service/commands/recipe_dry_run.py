"""`coatsight recipe dry-run`: a roll that was inspected, under another recipe."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from inspection.recipe import load_recipe
from service.commands.recipe import print_changes
from service.commands.serve import settings_for
from service.commands.terminal import print_json, print_table, progress, say
from service.cycles import seldom_searched
from service.rollbook.dry_run import dry_run
from service.rollbook.dry_run_answers import CutStretch, DryRun, RollChange
from service.store.beside import reading

_SHOWN = 20


def run(roll_id: str, file: Path, data: Path, *, json: bool) -> int:
    """Judge a roll by another recipe and print what would differ."""
    recipe, settings = load_recipe(file), settings_for(data)
    with reading(data) as connection, progress() as bar, seldom_searched():
        task = bar.add_task("judging anew", total=None)
        told = dry_run(
            connection,
            roll_id,
            recipe,
            settings,
            total=lambda frames: bar.update(task, total=frames),
            advance=lambda: bar.advance(task),
        )
    if json:
        print_json(asdict(told))
    else:
        _print(told)
    return 0


def _print(told: DryRun) -> None:
    if told.recipe_changes:
        print_changes(told.recipe_changes)
    _print_roll(told.roll)
    rows = [
        (count.verdict, str(count.frames_before), str(count.frames_after), f"{count.metres_before:.1f}",
         f"{count.metres_after:.1f}")
        for count in told.verdicts
    ]  # fmt: skip
    print_table(("verdict", "frames before", "after", "metres before", "after"), rows)
    _print_stretches(told)
    _print_defects(told)
    _print_costs(told)
    for reason in told.held_because:
        say(f"held as before: {reason}")
    _say_coverage(told)


def _print_roll(told: RollChange) -> None:
    rows = [
        (
            _called(each.lane),
            each.before or "-",
            each.after or "-",
            f"{each.cut_m_before:.1f}",
            f"{each.cut_m_after:.1f}",
        )
        for each in told.lanes
    ]
    print_table(("lane", "verdict before", "after", "metres cut out before", "after"), rows)
    for what, stretches, metres in (
        ("would be cut out, and is not", told.newly_cut, told.newly_cut_m),
        ("would not be cut out, and is", told.no_longer_cut, told.no_longer_cut_m),
    ):
        if stretches:
            _print_cuts(what, stretches, metres)


def _print_cuts(what: str, stretches: Sequence[CutStretch], metres: float) -> None:
    say(f"{metres:.2f} m of lanes {what}:")
    rows = [
        (_called(each.lane), f"{each.from_mm / 1e3:.2f}", f"{each.to_mm / 1e3:.2f}", "; ".join(each.why))
        for each in stretches[:_SHOWN]
    ]
    print_table(("lane", "from m", "to m", "why"), rows)


def _called(lane: int | None) -> str:
    return "whole width" if lane is None else str(lane)


def _print_stretches(told: DryRun) -> None:
    rows = [
        (
            each.camera_id,
            f"{each.from_mm / 1e3:.2f}",
            f"{each.to_mm / 1e3:.2f}",
            str(each.frames),
            each.before,
            each.after,
        )
        for each in told.stretches[:_SHOWN]
    ]
    if rows:
        print_table(("camera", "from m", "to m", "frames", "before", "after"), rows)
    more = len(told.stretches) + told.left_out.stretches - len(rows)
    if more:
        say(f"and {more} further stretches: --json lists them")


def _print_defects(told: DryRun) -> None:
    rows = [
        (str(each.lane or "foil"), each.kind, each.severity, str(each.before), str(each.after))
        for each in told.defects
        if each.before != each.after
    ]
    if rows:
        print_table(("lane", "kind", "severity", "before", "after"), rows)


def _print_costs(told: DryRun) -> None:
    costs = told.costs
    if costs.kinds:
        say(f"expected cost by this recipe's [costs]: {costs.before:.2f} before, {costs.after:.2f} after")
    if costs.without:
        say(f"without a cost, and in no sum: {', '.join(costs.without)}")


def _say_coverage(told: DryRun) -> None:
    say(f"{told.frames_changed} of {told.coverage.frames} frames would be judged otherwise")
    say(told.coverage.told)
    if told.coverage.as_recorded:
        say(f"{told.coverage.as_recorded} frames are told as recorded: their calibration cannot be read")
    if told.coverage.disagreeing:
        say(f"{told.coverage.disagreeing} frames: their own recipe, asked again, does not say what was recorded")
