"""A roll of a million defects: how soon its map, its lists and its statistics are answered.

A station runs on a file with that roll and fifty ordinary ones, and is asked over HTTP, one request at a time. No two
requests of a row are alike where there is something to vary; the station keeps no answers.
"""

import time
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import httpx
import numpy as np
from rich.progress import Progress

from benchmarks.answers import Row
from benchmarks.large_rolls import rolls, write_rolls
from benchmarks.serving import serving_data
from service.api.defects import RollDefectQuery
from service.rollbook.defect_cursors import cursor_of
from service.rollbook.statistics import By
from service.store.web_queries import Order

_BAR_MS: Final = 150.0
_ASKED: Final = 60
_ROLL: Final = "/v1/rolls/LARGE"

Asking: TypeAlias = Generator[str, httpx.Response, None]
"""Gives paths, and is told what was answered."""


def million(defects: int, others: int = 50) -> list[Row]:
    """Write the rolls, run a station on them, and time each kind of request.

    Parameters
    ----------
    defects : int
        Of the large roll.
    others : int
        Ordinary rolls of 2000 defects.
    """
    with TemporaryDirectory() as folder, Progress(transient=True) as progress:
        write_rolls(Path(folder), rolls(defects, others), progress)
        size_mib = (Path(folder) / "station.sqlite").stat().st_size / 2**20
        with serving_data(folder) as here, httpx.Client(base_url=f"http://127.0.0.1:{here.port}") as client:
            figures = client.get(f"{_ROLL}/statistics").json()["figures"]
            asked = _questions([each["name"] for each in figures])
            rows = [_timed(client, what, asking, progress) for what, asking in asked]
    return [Row("the station's file", f"{size_mib:.0f} MiB for {defects:,} defects and {others} x 2000"), *rows]


def _timed(client: httpx.Client, what: str, asking: Asking, progress: Progress) -> Row:
    times, size = [], 0
    task = progress.add_task(what, total=_ASKED)
    path: str | None = next(asking)
    while path:
        begun = time.perf_counter()
        answer = client.get(path)
        times.append(1e3 * (time.perf_counter() - begun))
        size = max(size, len(answer.raise_for_status().content))
        progress.advance(task)
        path = _next(asking, answer)
    progress.remove_task(task)
    p50, p95 = np.quantile(times, (0.5, 0.95))
    told = f"p50 {p50:.0f} ms, p95 {p95:.0f}, longest {max(times):.0f}; {size / 1e3:.1f} kB (n {len(times)})"
    return Row(what, told, f"p95 <= {_BAR_MS:g} ms", bool(p95 <= _BAR_MS))


def _next(asking: Asking, answer: httpx.Response) -> str | None:
    try:
        return asking.send(answer)
    except StopIteration:
        return None


def _questions(kinds: list[str]) -> Iterator[tuple[str, Asking]]:
    """All that is asked, by what it is; kinds with the most common first."""
    yield from _maps()
    for what, asked in _filters(kinds).items():
        for order in (Order.ALONG, Order.WORST):
            yield f"list {order}, {what}: pages in a row", _pages(f"{_ROLL}/defects", asked | {"order": order})
            yield f"list {order}, {what}: pages anywhere", _anywhere(asked, order)
        yield f"list of all rolls, {what}: pages in a row", _pages("/v1/defects", asked)
    for by in By:
        yield f"statistics of the roll by {by}", _each([f"{_ROLL}/statistics?by={by}"] * _ASKED)
        since = (datetime(2030, 1, 1, n % 24, n, tzinfo=UTC).isoformat() for n in range(_ASKED))
        yield (
            f"statistics of all rolls by {by}",
            _each(f"/v1/statistics?{urlencode({'by': by, 'since': moment})}" for moment in since),
        )


def _maps() -> Iterator[tuple[str, Asking]]:
    ranges = {"300 m": 300.0, "5 m, with points": 5.0, "0.5 m, with points": 0.5}
    yield "map of the whole roll", _each(f"{_ROLL}/map?bins={200 - n}" for n in range(_ASKED))
    for what, length_m in ranges.items():
        starts = np.linspace(0, 1200 - length_m, _ASKED)
        yield f"map of {what}", _each(f"{_ROLL}/map?from_m={at:.3f}&to_m={at + length_m:.3f}" for at in starts)


def _filters(kinds: list[str]) -> dict[str, dict[str, Any]]:
    return {
        "any": {},
        "most common kind": {"kind": kinds[0]},
        "rarest kind": {"kind": kinds[-1]},
        "two kinds, critical": {"kind": [kinds[0], kinds[-1]], "severity": "critical"},
        "one lane": {"lane": 3},
        "large and long": {"least_area_mm2": 40, "least_length_mm": 500},
        "for review, one lane, one kind": {"needs_review": True, "lane": 4, "kind": kinds[5]},
        "across 50 to 150 mm, one camera": {"left_mm": 50, "right_mm": 150, "camera": "cam-1"},
        "none such": {"least_length_mm": 1e9},
    }


def _each(paths: Iterable[str]) -> Asking:
    for path in paths:  # noqa: UP028  plain iterables cannot be sent an answer
        yield path


def _pages(path: str, asked: dict[str, Any]) -> Asking:
    """Ask for the pages of a list, one after the other; at its end begin again with smaller pages."""
    cursor: dict[str, str] = {}
    limit = 200
    for _ in range(_ASKED):
        answer = yield _path(path, asked | {"limit": limit} | cursor)
        following = answer.json()["next"]
        cursor = {"cursor": following} if following else {}
        limit -= not following


def _anywhere(asked: dict[str, Any], order: Order) -> Asking:
    """Ask for pages all through a list, as if the pages before had been read."""
    query = RollDefectQuery.model_validate({**{name: _listed(name, value) for name, value in asked.items()}})
    minor = 0 if "severity" in asked else 2
    for share in np.linspace(0.02, 0.98, _ASKED):
        place = (0, (1.2e6 * float(share), 0, 0)) if order is Order.ALONG else (minor, (float(1 - share), 0, 0))
        cursor = cursor_of(place, query.filter_of("LARGE"), order)
        yield _path(f"{_ROLL}/defects", asked | {"order": order, "limit": 200, "cursor": cursor})


def _listed(name: str, value: Any) -> Any:
    return [value] if name in ("kind", "severity", "lane", "camera") and not isinstance(value, list) else value


def _path(path: str, asked: dict[str, Any]) -> str:
    return f"{path}?{urlencode(asked, doseq=True)}"
