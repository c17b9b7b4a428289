"""Rollers that mark the web, found on drawn webs through the whole inspection.

Frames' defects are joined as a station joins them: a mark that a seam cuts is told as one when both its frames have
come. Frames on which nothing is drawn are left out unless all are asked for: `false-alarms` tells how rarely these are
flagged, and they take most of the time.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.answers import Row
from benchmarks.stations import Station, station
from inspection.roll.alarms import Alarm, News
from inspection.roll.joined import Joined
from inspection.roll.pieces import Origin, pieces_of, splices_of
from inspection.roll.repeat_alarms import RepeatAlarms
from inspection.roll.repeats import Repeat, find_repeats
from inspection.roll.rollers import RepeatSettings
from inspection.roll.web_defect import WebDefect
from inspection.synthetic.order import Plan
from inspection.synthetic.plan import roll_marks
from inspection.synthetic.rollers import MarkingRoller, marking_rollers
from inspection.synthetic.web import SyntheticWeb

_PRODUCT, _COLUMNS, _ROWS, _FRAMES = "graphite", 4096, 1024, 300
_PITCHES_MM = (150.0, 1500.0)
_ROLLERS = 5
_MISSED = 0.05
_OTHERS_PER_100_M = 50.0
_SAME_MM = 2.0
"""A repeat found with a pitch so near a roller's is that roller's."""

_MARKS = 4
_ERROR_BAR_MM = 0.5
_SETTINGS = RepeatSettings()


@dataclass(frozen=True)
class _Seen:
    """What was found on one web: while it ran, and afterwards."""

    alarms: tuple[Alarm, ...]
    repeats: tuple[Repeat, ...]
    defects: int


@dataclass(frozen=True)
class _Found:
    """One roller: how many of its marks had passed when it was told, and by how much its pitch was wrong."""

    marks: int | None
    first_error_mm: float
    last_error_mm: float


def periods(webs: int, clean_webs: int, *, every_frame: bool) -> list[Row]:
    """Look for rollers on webs that are marked by five of them, and on webs that none marks.

    Parameters
    ----------
    webs : int
        Webs of 300 frames with five rollers, and unrelated defects between; as many where some turns leave no mark.
    clean_webs : int
        Webs with unrelated defects alone; as many with ten times as many.
    every_frame : bool
        Inspect also the frames on which nothing is drawn.
    """
    with ProcessPoolExecutor(2) as pool:
        marked = list(pool.map(partial(_marked, every_frame, 0.0), range(webs)))
        missing = list(pool.map(partial(_marked, every_frame, _MISSED), range(webs)))
        clean = list(pool.map(partial(_clean, every_frame, _OTHERS_PER_100_M), range(clean_webs)))
        crowded = list(pool.map(partial(_clean, every_frame, 10 * _OTHERS_PER_100_M), range(clean_webs)))
    found, gappy = ([each for _, of_web in kind for each in of_web] for kind in (marked, missing))
    strange = sum(count for count, _ in (*marked, *missing))
    return [
        _when("every turn leaves a mark", found, bar=True),
        _when(f"{_MISSED:.0%} of turns leave none", gappy, bar=False),
        _error("when it was told", [each.first_error_mm for each in (*found, *gappy) if each.marks]),
        _error("on the whole web", [each.last_error_mm for each in (*found, *gappy)]),
        Row("repeats of no roller, on marked webs", str(strange), "0", strange == 0),
        _false(f"{_OTHERS_PER_100_M:g} per 100 m", clean),
        _false(f"{10 * _OTHERS_PER_100_M:g} per 100 m", crowded),
    ]


def pitches(number: int) -> list[float]:
    """Circumferences of a web's rollers, from small to large, no one near another."""
    low, high = np.log(_PITCHES_MM)
    steps = np.linspace(low, high, _ROLLERS)
    off = np.random.default_rng(number).uniform(-0.2, 0.2, _ROLLERS) * (steps[1] - steps[0])
    return [float(pitch) for pitch in np.exp(np.clip(steps + off, low, high))]


def _marked(every_frame: bool, missed: float, number: int) -> tuple[int, list[_Found]]:
    circumferences, seed = pitches(number), 9100 + number
    plan = roll_marks(circumferences, missed=missed, others_per_100_m=_OTHERS_PER_100_M)
    seen = _seen(seed, plan, every_frame=every_frame)
    rollers = marking_rollers(seed, circumferences, missed)
    strange = [repeat for repeat in seen.repeats if not any(_is_of(repeat.pitch_mm, roller) for roller in rollers)]
    return len(strange), [_found(roller, seen) for roller in rollers]


def _clean(every_frame: bool, others_per_100_m: float, number: int) -> tuple[int, int]:
    """Count repeats and alarms where there is no roller, and defects."""
    seen = _seen(9500 + number, roll_marks((), others_per_100_m=others_per_100_m), every_frame=every_frame)
    return len(seen.repeats) + len(seen.alarms), seen.defects


def _seen(seed: int, plan: Plan, *, every_frame: bool) -> _Seen:
    here = station(_PRODUCT)
    joined = Joined(here.inspector.recipe.joining, here.inspector.recipe.verdict)
    alarms, source = list[Alarm](), RepeatAlarms(_SETTINGS)
    for news in _news(here, here.web(seed, plan), joined, every_frame=every_frame):
        alarms += source.take(news)
    defects = joined.defects()
    return _Seen(tuple(alarms), tuple(find_repeats(defects, _SETTINGS)), len(defects))


def _news(here: Station, web: SyntheticWeb, joined: Joined, *, every_frame: bool) -> Iterator[News]:
    view, overlap_mm = here.calibration.placement.view(_COLUMNS), here.inspector.recipe.joining.overlap_mm
    length_mm = _ROWS * web.scene.product.mm_per_px
    for index in range(_FRAMES):
        begin_mm = index * length_mm
        changed: tuple[WebDefect, ...] = ()
        if every_frame or web.truth(index).defects:
            record = here.inspector.inspect(web.frame(index).frame, position_mm=begin_mm).record
            origin = Origin(index + 1, "benchmark", view, _ROWS, f"{index:06d}")
            changed = joined.add(pieces_of(record, origin, overlap_mm), splices_of(record, view)).changed
        yield News("benchmark", begin_mm, begin_mm + length_mm, changed)


def _found(roller: MarkingRoller, seen: _Seen) -> _Found:
    wanted_mm = roller.circumference_mm
    alarms = [alarm for alarm in seen.alarms if _is_of(float(alarm.details["pitch_mm"] or 0), roller)]
    errors_mm = [abs(repeat.pitch_mm - wanted_mm) for repeat in seen.repeats if _is_of(repeat.pitch_mm, roller)]
    if not alarms or not errors_mm:
        return _Found(None, np.inf, min(errors_mm, default=np.inf))
    first = min(alarms, key=lambda alarm: alarm.raised_mm)
    # The frame that the alarm came with ends beyond the mark that brought it.
    passed = len(roller.marks_mm(0.0, float(first.details["last_mm"] or 0)))
    return _Found(passed, abs(float(first.details["pitch_mm"] or 0) - wanted_mm), min(errors_mm))


def _is_of(pitch_mm: float, roller: MarkingRoller) -> bool:
    return abs(pitch_mm - roller.circumference_mm) <= _SAME_MM


def _when(which: str, found: list[_Found], *, bar: bool) -> Row:
    marks = [each.marks for each in found]
    counts = ", ".join(f"{marks.count(number)} after {number}" for number in sorted({mark for mark in marks if mark}))
    late = sum(mark is None or mark > _MARKS for mark in marks)
    missed = f", {marks.count(None)} never" if None in marks else ""
    what = f"marks that had passed when a roller was told, {len(found)} rollers, {which}"
    return Row(what, counts + missed, f"<= {_MARKS}: 3 repeats", not late) if bar else Row(what, counts + missed)


def _error(when: str, errors_mm: list[float]) -> Row:
    worst = max(errors_mm, default=np.inf)
    measured = f"worst {worst:.3f} mm, median {np.median(errors_mm or [np.inf]):.3f} mm"
    return Row(f"error of the pitch, {when}", measured, f"<= {_ERROR_BAR_MM} mm", worst <= _ERROR_BAR_MM)


def _false(density: str, webs: list[tuple[int, int]]) -> Row:
    false, defects = (sum(each[place] for each in webs) for place in (0, 1))
    measured = f"{false} on {len(webs)} webs, {defects} defects seen"
    return Row(f"repeats where no roller is, {density}", measured, "0", false == 0)
