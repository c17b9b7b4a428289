"""Whole webs against their truth: is a defect cut by a seam counted once, do streaks begin and end where they do?

A defect of the web is told for a drawn one when it touches it, for a streak when its flanks lie where the streak's do.
What frames themselves tell in several pieces, together with something else or not at all is counted apart: joining has
no part in that. All begins and ends of streaks are counted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np

from benchmarks.answers import Row
from benchmarks.stations import Station, station
from benchmarks.web_plans import WIDTH_PX, TrueStreak, roll_plan, true_streaks
from inspection.record import FrameRecord
from inspection.roll.joined import Joined
from inspection.roll.pieces import Origin, Piece, pieces_of, splices_of
from inspection.roll.web_defect import WebDefect

COLUMNS, ROWS = 2048, 1024
PRODUCTS = ("graphite", "nmc", "lfp", "silicon_graphite", "lmfp")
SIGMA = (1.0, 4.0)
"""Of the streaks, in noise sigmas of one pixel: all of them within the noise of each line, or hardly above it."""

_NEAR_MM = 0.4
_FLANKS_MM = 2.0
_MIDDLE_MM = 2.0
"""What is farther apart was not seen to be one thing."""

_BAR_MM = 20.0
_BY_FRAMES = (
    "not seen by any frame",
    "told with a streak by a frame",
    "told with another one by a frame",
    "told in pieces by a frame",
    "told without its middle by the frames",
)
"""What joining has no part in."""

_NUMBERS = 100_000
"""Identities of drawn things count these many from slot to slot."""


class Extent(NamedTuple):
    """Where something lies on the web, in mm."""

    from_mm: float
    to_mm: float
    left_mm: float
    right_mm: float

    def touches(self, other: "Extent | Piece | WebDefect", within_mm: float = _NEAR_MM) -> bool:
        """Whether the two lie no farther apart than that."""
        down = max(self.from_mm - other.to_mm, other.from_mm - self.to_mm)
        return max(down, self.left_mm - other.right_mm, other.left_mm - self.right_mm) <= within_mm

    def around(self, other: "Extent") -> "Extent":
        """The smallest extent of both."""
        return Extent(
            min(self.from_mm, other.from_mm),
            max(self.to_mm, other.to_mm),
            min(self.left_mm, other.left_mm),
            max(self.right_mm, other.right_mm),
        )


class StreakTold(NamedTuple):
    """By how much the ends of a streak are wrong, in mm, and in how many parts it is told; 0 is not at all."""

    start_mm: float
    end_mm: float
    parts: int


@dataclass
class Told:
    """What was told of one web: drawn things on seams and within frames by what became of them, and streaks."""

    seams: Counter[str] = field(default_factory=Counter)
    within: Counter[str] = field(default_factory=Counter)
    streaks: list[StreakTold] = field(default_factory=list)


@dataclass
class _Seen:
    """One web as it was drawn, as its frames tell it, and as it was joined."""

    streaks: dict[int, Extent]
    things: dict[int, dict[int, Extent]]
    pieces: dict[int, list[Piece]]
    defects: list[WebDefect]

    def shows_a_streak(self, piece: Piece) -> bool:
        """Whether a frame told a streak as a part of something else."""
        return any(streak.touches(piece) for streak in self.streaks.values())


def webs(frames: int, webs_of_each: int) -> list[Row]:
    """Webs of several products, each with twenty streaks, a defect on every fourth seam and some others."""
    cases = [(product, 7100 + 10 * n + place) for n in range(webs_of_each) for place, product in enumerate(PRODUCTS)]
    with ProcessPoolExecutor(2) as pool:
        told = list(pool.map(partial(_measured, frames), *zip(*cases, strict=True)))
    seams, within = (sum((getattr(each, name) for each in told), Counter[str]()) for name in ("seams", "within"))
    streaks = [streak for each in told for streak in each.streaks]
    web_m = frames * ROWS * 0.05 / 1e3
    what = f"{len(cases)} webs of {web_m:.1f} m, {len(PRODUCTS)} products"
    return [*_seam_rows(seams, within, what), *_streak_rows(streaks)]


def _measured(frames: int, product: str, seed: int) -> Told:
    here = station(product, COLUMNS)
    streaks = true_streaks(seed, frames * ROWS, SIGMA)
    return _told(_seen(here, seed, frames, streaks), streaks)


def _seen(here: Station, seed: int, frames: int, streaks: Sequence[TrueStreak]) -> _Seen:
    web, recipe = here.web(seed, roll_plan(streaks)), here.inspector.recipe
    seen, joined = _Seen({}, {}, {}, []), Joined(recipe.joining, recipe.verdict)
    view, mm = here.calibration.placement.view(COLUMNS), here.calibration.placement.mm_per_px_down
    for index in range(frames):
        shown = web.frame(index)
        record = here.inspector.inspect(shown.frame, position_mm=index * ROWS * mm).record
        showing = [streak.number for streak in streaks if streak.shows(index * ROWS, (index + 1) * ROWS)]
        for drawn in shown.truth.defects:
            box, number = drawn.box, drawn.identity % _NUMBERS
            begin = index * ROWS
            extent = Extent(*(mm * edge for edge in (begin + box.top, begin + box.bottom, box.left, box.right)))
            if drawn.identity // _NUMBERS == index and number < len(showing):
                seen.streaks[showing[number]] = extent.around(seen.streaks.get(showing[number], extent))
            else:
                seen.things.setdefault(drawn.identity, {})[index] = extent
        seen.pieces[index] = _pieces(record, Origin(index + 1, "benchmark", view, ROWS, f"{index:06d}"))
        joined.add(seen.pieces[index], splices_of(record, view))
    seen.defects = joined.defects()
    return seen


def _pieces(record: FrameRecord, origin: Origin) -> list[Piece]:
    return pieces_of(record, origin, overlap_mm=0.0)


def _told(seen: _Seen, streaks: Sequence[TrueStreak]) -> Told:
    told = Told(streaks=[_streak_told(seen.streaks[streak.number], seen.defects) for streak in streaks])
    streaks_seen = list(seen.streaks.values())
    clear = [defect for defect in seen.defects if not _is_of_a_streak(defect, streaks_seen)]
    clear_pieces = {
        index: [piece for piece in pieces if not _is_of_a_streak(piece, streaks_seen)]
        for index, pieces in seen.pieces.items()
    }
    for parts in seen.things.values():
        pieces = {
            index: [piece for piece in clear_pieces[index] if extent.touches(piece)] for index, extent in parts.items()
        }
        (told.seams if len(parts) > 1 else told.within)[_fate(parts, pieces, clear, seen)] += 1
    return told


def _fate(parts: dict[int, Extent], pieces: dict[int, list[Piece]], defects: Sequence[WebDefect], seen: _Seen) -> str:
    """What became of a drawn thing."""
    extent = next(iter(parts.values()))
    for other in parts.values():
        extent = extent.around(other)
    found = [defect for defect in defects if extent.touches(defect)]
    if not any(pieces.values()):
        return "not seen by any frame"
    if any(map(seen.shows_a_streak, chain(*pieces.values()))):
        return "told with a streak by a frame"
    if not found:
        return "lost in a streak"
    if len(found) > 1:
        return _why_twice(found, pieces)
    others = [one for each in seen.things.values() if each is not parts for one in each.values()]
    near = [other for other in others if other.touches(found[0])]
    if any(other.touches(piece) for other in near for piece in chain(*pieces.values())):
        return "told with another one by a frame"
    return "joined with another one" if near else "once"


def _why_twice(found: Sequence[WebDefect], pieces: dict[int, list[Piece]]) -> str:
    if max(map(len, pieces.values())) > 1:
        return "told in pieces by a frame"
    first, second = (Extent(each.from_mm, each.to_mm, each.left_mm, each.right_mm) for each in found[:2])
    return "counted twice" if first.touches(second, _MIDDLE_MM) else "told without its middle by the frames"


def _is_of_a_streak(told: Piece | WebDefect, streaks: Iterable[Extent]) -> bool:
    return any(_is_where(told, streak) and streak.touches(told) for streak in streaks)


def _is_where(told: Piece | WebDefect, streak: Extent) -> bool:
    within = _FLANKS_MM + (streak.right_mm - streak.left_mm) / 2
    return max(abs(told.left_mm - streak.left_mm), abs(told.right_mm - streak.right_mm)) <= within


def _streak_told(streak: Extent, defects: Iterable[WebDefect]) -> StreakTold:
    parts = [defect for defect in defects if _is_where(defect, streak) and streak.touches(defect)]
    if not parts:
        return StreakTold(np.inf, np.inf, 0)
    longest = max(parts, key=lambda part: part.length_mm)
    return StreakTold(longest.from_mm - streak.from_mm, longest.to_mm - streak.to_mm, len(parts))


def _seam_rows(seams: Counter[str], within: Counter[str], what: str) -> list[Row]:
    by_frames = sum(seams[fate] for fate in _BY_FRAMES)
    told = seams.total() - by_frames
    return [
        Row(f"defects on seams, {what}", f"{seams['once']} of {told} counted once", "all", seams["once"] == told),
        Row("defects on seams that frames do not tell as one on either side", f"{by_frames} of {seams.total()}"),
        Row("all on seams", _listed(seams)),
        Row("all within one frame, for comparison", _listed(within)),
    ]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _streak_rows(streaks: Sequence[StreakTold]) -> list[Row]:
    what = (
        f"{len(streaks)} streaks of 0.3 m and more, {WIDTH_PX[0]:g}-{WIDTH_PX[1]:g} px wide, "
        f"{SIGMA[0]:g}-{SIGMA[1]:g} sigma a pixel"
    )
    found = sum(streak.parts > 0 for streak in streaks)
    beside = sum(streak.parts > 1 for streak in streaks)
    rows = [
        Row(what, f"{found} found; beside {beside} of them a frame told something else", "all", found == len(streaks))
    ]
    for name, errors in (("start", [s.start_mm for s in streaks]), ("end", [s.end_mm for s in streaks])):
        size = np.abs(errors)
        within, (middle, most) = int((size <= _BAR_MM).sum()), np.percentile(size, [50, 95])
        measured = (
            f"{within} of {len(size)} within it; median {middle:.1f}, 95th {most:.1f}, largest {size.max():.1f} mm"
        )
        rows.append(Row(f"error of a streak's {name}", measured, f"<= {_BAR_MM:g} mm", bool(size.max() <= _BAR_MM)))
    return rows
