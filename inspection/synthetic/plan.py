"""Plans: which defects appear where along the web.

The web is cut into slots as long as a frame. A plan says what begins in a slot, as a pure
function of the web's seed and the slot's number; where exactly it lies is settled by `placing`.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from inspection.defect import Kind
from inspection.errors import InputError
from inspection.synthetic.kinds import DEFECTS, DRAWN, PLACES, Draw, Place
from inspection.synthetic.order import LONGEST_PATCH_PX, Order, Orders, Plan, Slot
from inspection.synthetic.probes import mottle, point, soft_blob, straight_streak
from inspection.synthetic.rollers import marking_rollers
from inspection.synthetic.traces import streak

_LONGEST_STREAK_PX = 16_000
_SHORTEST_STREAK_PX = 300
_RARE = {Kind.STREAK: 0.4, Kind.WRINKLE: 0.6, Kind.DELAMINATION: 0.6}


def clean() -> Plan:
    """Nothing ever happens."""
    return Plan(lambda _: ())


def line_mix() -> Plan:
    """Run an ordinary line: of 100 frames 95 are clean, 4 show one defect, 1 shows twenty."""

    def orders(slot: Slot) -> Orders:
        rng = slot.rng
        return _varied(slot, rng, int(rng.choice([0, 1, 20], p=[0.95, 0.04, 0.01])))

    return Plan(orders)


def exactly(n: int) -> Plan:
    """`n` varied defects in every frame, none cut by a seam."""
    return Plan(lambda slot: _varied(slot, slot.rng, n))


def mixed(mean: float) -> Plan:
    """Draw all kinds as they come, `mean` beginning in a frame; seams cut some, streaks run for metres."""

    def orders(slot: Slot) -> Orders:
        rng = slot.rng
        return _varied(slot, rng, int(rng.poisson(mean)), longest_px=_LONGEST_STREAK_PX)

    return Plan(orders, _LONGEST_STREAK_PX)


def kinds(kind: Kind, n: int) -> Plan:
    """`n` defects of one kind in every frame, none cut by a seam.

    Raises
    ------
    InputError
        A kind that nobody can draw.
    """
    if kind not in (*DEFECTS, Kind.SPLICE):
        raise InputError(f"expected a kind that can be drawn, got {kind}: choose splice or one of {', '.join(DEFECTS)}")

    def orders(slot: Slot) -> Orders:
        rng = slot.rng
        return tuple(_order(kind, slot, rng) for _ in range(n))

    return Plan(orders)


def things(draw: Draw, n: int) -> Plan:
    """`n` things in every frame that are no kind at all, such as those of `foreign` and `strange`."""
    order = Order(Kind.UNKNOWN, draw)
    return Plan(lambda _: (order,) * n)


def probe_points(peak_sigma: float, radius_px: tuple[float, float], n: int, bright: bool | None = None) -> Plan:
    """`n` lone points on coating, well apart, each of exactly that strength.

    Parameters
    ----------
    peak_sigma : float
        In noise sigmas of a 3x3 mean.
    radius_px : tuple of float
        Smallest and largest radius; half are discs, half Gaussian with that radius at half height.
    n : int
    bright : bool, optional
        All brighter or all darker; both by default.
    """
    order = Order(Kind.PINHOLE, lambda rng, _: point(rng, radius_px, bright), exact_sigma=peak_sigma, apart_px=40)
    return Plan(lambda _: (order,) * n)


def probe_streaks(sigma_per_px: float, width_px: float) -> Plan:
    """One streak along the whole of every frame.

    Parameters
    ----------
    sigma_per_px : float
        Strength in noise sigmas of one pixel; bright or dark by chance.
    width_px : float
    """

    def orders(slot: Slot) -> Orders:
        return (
            Order(
                Kind.STREAK,
                lambda rng, _: straight_streak(rng, slot.rows, width_px),
                exact_sigma=sigma_per_px,
                exact_over="pixel",
                apart_px=40,
            ),
        )

    return Plan(orders)


def probe_stains(sigma_per_px: float, size_px: float, n: int) -> Plan:
    """`n` soft blobs on coating, well apart.

    Parameters
    ----------
    sigma_per_px : float
        Strength at the centre in noise sigmas of one pixel; bright or dark by chance.
    size_px : float
        Width at half height.
    n : int
    """
    order = Order(
        Kind.STAIN,
        lambda rng, _: soft_blob(rng, size_px),
        exact_sigma=sigma_per_px,
        exact_over="pixel",
        apart_px=40,
    )
    return Plan(lambda _: (order,) * n)


def roll_marks(circumferences_mm: Sequence[float], *, missed: float = 0.0, others_per_100_m: float = 0.0) -> Plan:
    """Repeat a pinhole once every turn of each roller, each at one cross position; other defects lie between.

    Parameters
    ----------
    circumferences_mm : sequence of float
    missed : float
        Share of turns that leave no mark.
    others_per_100_m : float
        Defects of all kinds that belong to no roller.
    """

    def orders(slot: Slot) -> Orders:
        rng, begin_mm = slot.rng, slot.index * slot.rows * slot.mm_per_px
        length_mm = slot.rows * slot.mm_per_px
        marks = []
        for roller in marking_rollers(slot.seed, circumferences_mm, missed):
            mark = replace(_order(Kind.PINHOLE, slot, rng), shape_seed=roller.shape_seed)
            for down_mm in roller.marks_mm(begin_mm, begin_mm + length_mm):
                row = int(np.floor(down_mm / slot.mm_per_px)) - slot.index * slot.rows
                marks.append(replace(mark, fixed=(max(row, 0), roller.across)))
        return (*marks, *_varied(slot, rng, int(rng.poisson(others_per_100_m * length_mm / 1e5))))

    return Plan(orders, LONGEST_PATCH_PX)


def roll_mark(circumference_mm: float) -> Plan:
    """Repeat a pinhole at one cross position once every turn of a roller."""
    return roll_marks((circumference_mm,))


def look_alikes() -> Plan:
    """Nothing but what might be taken for a defect: dust stays on the lens, the lamp drifts, faint mottle."""
    order = Order(Kind.STAIN, mottle, exact_sigma=0.06, exact_over="pixel", look_alike=True)
    return Plan(lambda slot: (order,) * int(slot.rng.integers(3, 8)), lamp_drift=0.03)


def _varied(slot: Slot, rng: Generator, n: int, longest_px: int | None = None) -> Orders:
    weights = np.array([_RARE.get(kind, 1.0) for kind in DEFECTS])
    drawn: Sequence[Kind] = [DEFECTS[i] for i in rng.choice(len(DEFECTS), n, p=weights / weights.sum())]
    return tuple(_order(kind, slot, rng, longest_px) for kind in drawn)


def _order(kind: Kind, slot: Slot, rng: Generator, longest_px: int | None = None) -> Order:
    if kind is Kind.STREAK:
        return _streak(slot, rng, longest_px)
    return Order(kind, DRAWN.get(kind), PLACES.get(kind, Place.COATING))


def _streak(slot: Slot, rng: Generator, longest_px: int | None) -> Order:
    """Along the whole frame, along a part of it, or for metres."""
    shortest = min(_SHORTEST_STREAK_PX, slot.rows)
    whole = longest_px is None and rng.random() < 0.5
    longest = longest_px or slot.rows
    length = slot.rows if whole else int(np.exp(rng.uniform(np.log(shortest), np.log(longest))))
    return Order(Kind.STREAK, lambda own, ground: streak(own, ground, length, fades=not whole), reach_px=length)
