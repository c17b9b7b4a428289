"""How often clean web is flagged, and what that proves."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from benchmarks.answers import Row
from benchmarks.intervals import poisson_upper
from benchmarks.stations import ALL_PRODUCTS, station
from inspection.synthetic.order import Plan
from inspection.synthetic.plan import clean, look_alikes
from inspection.synthetic.product import HELD_OUT, PRODUCTS

_BAR_PER_1000 = 5.0
_GROUPS = (("all products", ALL_PRODUCTS), ("unseen products", HELD_OUT), ("known", PRODUCTS))


def false_alarms(frames: int) -> list[Row]:
    """Count defects on unseen clean frames, and on frames with what only looks like a defect.

    Parameters
    ----------
    frames : int
        In all, shared among the products.
    """
    each = -(-frames // len(ALL_PRODUCTS))
    rows = []
    for what, plan in (("clean frames", clean), ("look-alikes: dust, lamp drift, faint mottle", look_alikes)):
        with ProcessPoolExecutor(2) as pool:
            counts = dict(zip(ALL_PRODUCTS, pool.map(partial(_count, plan, each), ALL_PRODUCTS), strict=True))
        for name, products in _GROUPS:
            rows.append(_row(f"{what}; {name}", {product: counts[product] for product in products}, each))
    return rows


def _row(what: str, counts: dict[str, tuple[int, int]], each: int) -> Row:
    false, frames = sum(count for count, _ in counts.values()), each * len(counts)
    held = sum(held for _, held in counts.values())
    rate, upper = 1000 * false / frames, 1000 * poisson_upper(false) / frames
    detail = ", ".join(f"{product} {count}" for product, (count, _) in counts.items() if count)
    measured = f"{rate:.1f} per 1000 (n {frames}, 95 % upper bound {upper:.1f}), {held} frames held. {detail}"
    kept = rate <= _BAR_PER_1000 and not held
    return Row(f"false defects, {what}", measured, f"<= {_BAR_PER_1000:g} per 1000", kept)


def _count(plan: Callable[[], Plan], frames: int, product: str) -> tuple[int, int]:
    """Count false defects and held frames."""
    here = station(product)
    web = here.web(8000, plan())
    records = [here.inspector.inspect(web.frame(index).frame).record for index in range(frames)]
    return sum(len(record.defects) for record in records), sum(record.verdict == "hold" for record in records)
