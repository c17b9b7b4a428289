"""What is found: points, streaks and stains of known strength, on tuned and on unseen products.

Found means reported as a defect of any kind whose box touches the drawn one.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from benchmarks.answers import Row
from benchmarks.stations import ALL_PRODUCTS, station
from inspection.geometry import Box
from inspection.synthetic.order import Plan
from inspection.synthetic.plan import probe_points, probe_stains, probe_streaks
from inspection.synthetic.product import HELD_OUT, PRODUCTS
from inspection.synthetic.truth import TrueDefect
from models.metrics import wilson

_NEAR_PX = 8
_POINTS, _STAINS = 30, 6
_GROUPS = {
    "known products": [name for name, product in PRODUCTS.items() if not product.skip],
    "unseen products": list(HELD_OUT),
    "skip-coated, where coated": [name for name, product in PRODUCTS.items() if product.skip],
}


def points(frames: int) -> list[Row]:
    """Point defects at the strengths that the smallest wanted ones have."""
    small = partial(_points_plan, 9.0, (1.5, 3.0))
    large = partial(_points_plan, 8.0, (3.0, 6.0))
    return [
        *_rows("points, radius 1.5-3 px, peak 9 sigma of a 3x3 mean", small, frames, 0.99),
        *_rows("points, radius 3-6 px, peak 8 sigma of a 3x3 mean", large, frames, 0.99),
    ]


def _points_plan(peak_sigma: float, radius_px: tuple[float, float]) -> Plan:
    return probe_points(peak_sigma, radius_px, _POINTS)


def streaks(frames: int) -> list[Row]:
    """Streaks over the whole height of a frame, far inside the noise of each line."""
    return _rows("streaks, full height, 4 px wide, 0.5 sigma a pixel", partial(probe_streaks, 0.5, 4), frames, 0.99)


def stains(frames: int) -> list[Row]:
    """Wide stains, inside the noise of each pixel."""
    rows = []
    for size_px in (60, 120):
        plan = partial(probe_stains, 1.0, size_px, _STAINS)
        rows += _rows(f"stains, {size_px} px wide, 1 sigma a pixel", plan, frames, 0.95)
    return rows


def _rows(what: str, plan: Callable[[], Plan], frames: int, bar: float) -> list[Row]:
    """One row for the products that thresholds and training have seen, one for the others."""
    with ProcessPoolExecutor(2) as pool:
        counts = dict(zip(ALL_PRODUCTS, pool.map(partial(_count, plan, frames), ALL_PRODUCTS), strict=True))
    rows = []
    for name, products in _GROUPS.items():
        found, drawn = (sum(counts[product][n] for product in products) for n in (0, 1))
        low, high = wilson(found, drawn)
        detail = ", ".join(f"{product} {counts[product][0]}/{counts[product][1]}" for product in products)
        measured = f"{found / drawn:.2%} of {drawn} (95 % bounds {low:.2%} to {high:.2%}): {detail}"
        rows.append(Row(f"{what}; {name}", measured, f">= {bar:.0%}", found >= bar * drawn))
    return rows


def _count(plan: Callable[[], Plan], frames: int, product: str) -> tuple[int, int]:
    """Found and drawn, over some frames of one product."""
    here = station(product)
    web, found, drawn = here.web(7000, plan()), 0, 0
    for index in range(frames):
        shown = web.frame(index)
        boxes = [defect.finding.box for defect in here.inspector.inspect(shown.frame).record.defects]
        found += sum(_touched(true, boxes) for true in shown.truth.defects)
        drawn += len(shown.truth.defects)
    return found, drawn


def _touched(true: TrueDefect, boxes: Sequence[Box]) -> bool:
    return any(true.box.gap_to(box) <= _NEAR_PX for box in boxes)
