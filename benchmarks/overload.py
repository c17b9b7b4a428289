"""A station asked for twice what it can do: what it accepts is answered in time, the rest is refused at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.answers import Row
from benchmarks.line import not_repeated, repeated_row, warm_up
from benchmarks.load import Load, Tally, pictures, send
from benchmarks.serving import Serving, serving

_ACCEPTED_BAR_MS, _GOODPUT_BAR, _REFUSAL_BAR_MS, _MEMORY_BAR = 100.0, 0.80, 5.0, 0.10
_CAPACITY_S = 10.0
_CONNECTIONS = 8
_LOOK_EVERY_S = 1.0


def overload(cameras: int, seconds: float, times: float) -> list[Row]:
    """Learn what the station can do, then ask for more.

    Parameters
    ----------
    cameras : int
    seconds : float
    times : float
        Of what it can do.
    """
    names, frames = tuple(f"cam-{n + 1}" for n in range(cameras)), pictures()
    with serving(names) as here:
        warm_up(here, frames, Load(names, 1.0))
        able = Load(names, _CAPACITY_S, roll="capacity", asks_first=True, sends_again=True)
        can = send(here.port, frames, able).per_s
        before, timed_before = here.metric("coatsight_refusals_total"), _refusals_timed(here)
        with _memory_watched(here) as memory:
            asked = Load(names, seconds, times * can / cameras, _CONNECTIONS, "overload", asks_first=True)
            tally = send(here.port, frames, asked, keep_answers=True)
        counted = here.metric("coatsight_refusals_total") - before
        refusal_ms = _refusal_ms(timed_before, _refusals_timed(here))
        forgotten = not_repeated(here, tally)
    return _rows(tally, can, times, (refusal_ms, memory, forgotten, counted))


def _rows(
    tally: Tally, can: float, times: float, seen: tuple[tuple[float, float], list[float], int, float]
) -> list[Row]:
    (refusal_p50, refusal_p99), memory, forgotten, counted = seen
    p99, goodput = tally.quantile_ms(0.99), tally.per_s / can
    growth = max(memory) / memory[0] - 1
    refused, others = tally.refused[503], sum(tally.refused.values()) - tally.refused[503]
    sent = len(tally.ms) + tally.lost
    return [
        Row(
            f"asked for {times:g} times what it can do, {can:.0f} frames/s: accepted, p99",
            f"{p99:.1f} ms (n {len(tally.ms)})",
            f"<= {_ACCEPTED_BAR_MS:g} ms",
            p99 <= _ACCEPTED_BAR_MS,
        ),
        Row(
            "goodput",
            f"{tally.per_s:.0f} frames/s: {goodput:.0%} of what it can do",
            f">= {_GOODPUT_BAR:.0%}",
            goodput >= _GOODPUT_BAR,
        ),
        Row(
            "refusals, from headers parsed to answer written, p99",
            f"{refusal_p99:.2f} ms (p50 {refusal_p50:.2f}, n {refused})",
            f"< {_REFUSAL_BAR_MS:g} ms",
            refusal_p99 < _REFUSAL_BAR_MS,
        ),
        Row(
            "memory",
            f"{memory[0]:.0f} MiB at first, at most {max(memory):.0f}",
            f"grows <= {_MEMORY_BAR:.0%}",
            growth <= _MEMORY_BAR,
        ),
        Row(
            "answers other than 200 and 503",
            f"{others} of {sent} {tally.problems[:1] if others else ''}",
            "0",
            not others,
        ),
        Row("refusals that the station counted", f"{counted:.0f} of {refused}", "all", counted == refused),
        repeated_row(forgotten, len(tally.answers)),
    ]


def _refusals_timed(here: Serving) -> dict[float, float]:
    """The station's own histogram: refusals up to each bound, in seconds."""
    lines = here.ask("/metrics")[1].decode().splitlines()
    name = "coatsight_refusal_seconds_bucket{le="
    counts = [(line.split('"')[1], float(line.split()[-1])) for line in lines if line.startswith(name)]
    return {float(bound.replace("+Inf", "inf")): count for bound, count in counts}


def _refusal_ms(before: dict[float, float], after: dict[float, float]) -> tuple[float, float]:
    """p50 and p99 of what came between, within the bounds of the histogram."""
    bounds = [(bound, count - before.get(bound, 0.0)) for bound, count in after.items()]
    return _quantile_ms(bounds, 0.5), _quantile_ms(bounds, 0.99)


def _quantile_ms(bounds: list[tuple[float, float]], share: float) -> float:
    """Interpolate within the bucket, as Prometheus does."""
    wanted, (below, count_below) = share * bounds[-1][1], (0.0, 0.0)
    for bound, count in bounds:
        if count >= wanted:
            inside = (wanted - count_below) / max(count - count_below, 1)
            return 1e3 * (below + inside * (bound - below))
        below, count_below = bound, count
    return float("inf")


@contextmanager
def _memory_watched(here: Serving) -> Iterator[list[float]]:
    """Look at the station's memory every second."""
    seen, over = [here.private_mib()], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_S):
            seen.append(here.private_mib())

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
