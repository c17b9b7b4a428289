"""Webs for whole rolls: defects cut by seams, streaks for metres, and others that have to do with neither."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from inspection.defect import Kind
from inspection.synthetic.kinds import DRAWN, Place
from inspection.synthetic.optics import stream
from inspection.synthetic.order import LONGEST_PATCH_PX, Order, Orders, Plan, Slot
from inspection.synthetic.probes import straight_streak

STREAKS = 20
SEAM_KINDS = tuple(kind for kind in DRAWN if kind not in (Kind.SPLICE, Kind.FOIL_CONTAMINATION))
SMALL_KINDS = (Kind.PINHOLE, Kind.BLISTER, Kind.AGGLOMERATE, Kind.METALLIC_PARTICLE)
_ROOM = 0.12
"""Share of the coated width, to either side of a defect of any size."""

WIDTH_PX = 4.0, 30.0
_SHORTEST_PX, _LONGEST_PX = 6_000, 800_000
_SEAM_EVERY = 4
_UNRELATED_PER_PX = 50 / 2_000_000
"""50 per 100 m at 0.05 mm a px."""


@dataclass(frozen=True)
class TrueStreak:
    """A streak as it is drawn.

    Attributes
    ----------
    number : int
    from_row, to_row : int
        Rows of the web; the second is one past its last.
    across : float
        Share of the coated width.
    width_px : float
    sigma : float
        Noise sigmas of one pixel.
    """

    number: int
    from_row: int
    to_row: int
    across: float
    width_px: float
    sigma: float

    def shows(self, begin: int, end: int) -> bool:
        """Whether it shows in rows of the web."""
        return self.from_row < end and begin < self.to_row


def true_streaks(seed: int, rows: int, sigma: tuple[float, float]) -> list[TrueStreak]:
    """Draw twenty streaks that begin and end within the web, each on a track of its own.

    Parameters
    ----------
    seed : int
    rows : int
        Of the whole web.
    sigma : tuple of float
        Faintest and strongest, in noise sigmas of one pixel.
    """
    rng, longest = stream(seed, 40), min(_LONGEST_PX, 9 * rows // 10)
    return [_true_streak(number, rng, rows, longest, sigma) for number in range(STREAKS)]


def _true_streak(number: int, rng: Generator, rows: int, longest: int, sigma: tuple[float, float]) -> TrueStreak:
    length = int(_log_uniform(rng, _SHORTEST_PX, longest))
    begin = int(rng.integers(0, rows - length))
    across = (number + rng.uniform(0.3, 0.7)) / STREAKS
    return TrueStreak(number, begin, begin + length, across, _log_uniform(rng, *WIDTH_PX), _log_uniform(rng, *sigma))


def _log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def roll_plan(streaks: Sequence[TrueStreak]) -> Plan:
    """Draw those streaks, a defect on every fourth seam, as clear of them as there is room, and 50 others per 100 m.

    Streaks are drawn frame by frame: the first orders of a slot are parts of those that show in it, in their order.
    """

    def orders(slot: Slot) -> Orders:
        begin, end = slot.index * slot.rows, (slot.index + 1) * slot.rows
        parts = [_part(streak, slot) for streak in streaks if streak.shows(begin, end)]
        on_seam = [_on_seam(slot, streaks)] if slot.index % _SEAM_EVERY == 1 else []
        return (*parts, *on_seam, *_unrelated(slot, streaks))

    return Plan(orders, LONGEST_PATCH_PX)


def _part(streak: TrueStreak, slot: Slot) -> Order:
    begin = slot.index * slot.rows
    top, bottom = max(streak.from_row - begin, 0), min(streak.to_row - begin, slot.rows)
    return Order(
        Kind.STREAK,
        lambda rng, _: straight_streak(rng, bottom - top, streak.width_px),
        reach_px=bottom - top,
        exact_sigma=streak.sigma,
        exact_over="pixel",
        fixed=(top, streak.across),
        shape_seed=1000 * slot.seed + streak.number,
    )


def _on_seam(slot: Slot, streaks: Sequence[TrueStreak]) -> Order:
    """One defect whose first rows are the last ones of the slot."""
    rng = stream(slot.seed, 41, slot.index)
    return _clear_of(streaks, slot, slot.rows - int(rng.integers(8, 60)), rng)


def _clear_of(streaks: Sequence[TrueStreak], slot: Slot, row: int, rng: Generator) -> Order:
    """A defect that begins in that row of the slot, where streaks leave most room; a small one where that is little."""
    begin = slot.index * slot.rows + row
    taken = [streak.across for streak in streaks if streak.shows(begin - LONGEST_PATCH_PX, begin + LONGEST_PATCH_PX)]
    places = rng.uniform(0.05, 0.95, 30)
    gaps = np.abs(places[:, None] - np.array([*taken, -1.0])).min(axis=1)
    kinds = SEAM_KINDS if gaps.max() > _ROOM else SMALL_KINDS
    kind = kinds[int(rng.integers(len(kinds)))]
    return Order(kind, DRAWN[kind], Place.COATING, fixed=(row, float(places[int(gaps.argmax())])))


def _unrelated(slot: Slot, streaks: Sequence[TrueStreak]) -> Orders:
    rng = stream(slot.seed, 42, slot.index)
    rows = rng.integers(0, slot.rows, rng.poisson(_UNRELATED_PER_PX * slot.rows))
    return tuple(_clear_of(streaks, slot, row, rng) for row in rows.tolist())
