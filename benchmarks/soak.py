"""A station that runs for long: whether its memory stays; and how soon it takes frames after its start."""

import numpy as np
from rich.progress import track

from benchmarks.answers import Row
from benchmarks.load import Load, send
from benchmarks.serving import serving

_ROWS, _COLUMNS = 128, 512
_FIRST = 5000
_GROWTH_BAR, _START_BAR_S = 0.05, 3.0
_STARTS = 5


def soak(frames: int) -> list[Row]:
    """Post many small frames and look at the memory after the first 5,000 and in the end."""
    names = ("cam-1", "cam-2")
    small = [_small(seed) for seed in range(97)]
    with serving(()) as here:
        sent, seen = 0, list[float]()
        for turn in track(range(max(round(frames / _FIRST), 2)), "in turns", transient=True):
            aim = Load(names, 3600.0, roll=f"R{turn}", sends_again=True, most=_FIRST // len(names))
            tally = send(here.port, small, aim)
            sent += len(tally.ms)
            seen.append(here.rss_mib())
    growth = seen[-1] / seen[0] - 1
    told = f"{seen[0]:.0f} MiB after {_FIRST}, {seen[-1]:.0f} in the end, at most {max(seen):.0f}: {growth:+.1%}"
    return [Row(f"memory over {sent} frames", told, f"within {_GROWTH_BAR:.0%}", abs(growth) <= _GROWTH_BAR)]


def start() -> list[Row]:
    """Start a station a few times, kernels in their cache, until it takes frames."""
    seconds = []
    for _ in track(range(_STARTS + 1), "starting", transient=True):
        with serving(("cam-1",)) as here:
            seconds.append(here.ready_s)
    median, longest = float(np.median(seconds[1:])), max(seconds[1:])
    told = f"median {median:.2f} s, longest {longest:.2f} (n {_STARTS})"
    return [Row("from the command to ready", told, f"<= {_START_BAR_S:g} s", median <= _START_BAR_S)]


def _small(seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """One dark lane between two bright rims of foil, with noise."""
    grey = np.full((_ROWS, _COLUMNS), 60.0)
    grey[:, :100] = grey[:, -100:] = 150.0
    return (grey + np.random.default_rng(seed).normal(0, 3, grey.shape)).clip(0, 255).astype(np.uint8)
