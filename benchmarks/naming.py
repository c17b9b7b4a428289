"""How long twenty candidates take to be cut, measured and named, on one thread."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.answers import Row
from benchmarks.stations import Station, station
from inspection.candidates import cut_candidates
from inspection.expectation import expect
from inspection.flat_field import measure_light
from inspection.pipeline import light_windows, look
from inspection.synthetic.plan import exactly
from inspection.web import find_web
from models.registry import shipped_model

_CANDIDATES, _BAR_MS, _BAR_BYTES = 20, 2.0, 3_000_000
_FRAMES = 8


def naming(rounds: int, product: str = "graphite") -> list[Row]:
    """Time what naming costs beyond finding: pictures, measurements, the one-class opinion, the network."""
    cut_ms, named_ms = _timed(station(product), rounds).T
    total, size = cut_ms + named_ms, shipped_model().stat().st_size
    measured = f"median {np.median(total):.2f} ms, fastest {total.min():.2f}, p95 {np.quantile(total, 0.95):.2f}"
    return [
        Row(
            f"naming {_CANDIDATES} candidates: cut, measured, named", f"{measured} (n {rounds})",
            f"<= {_BAR_MS} ms", bool(np.median(total) <= _BAR_MS),
        ),
        Row("of it cutting and measuring", f"median {np.median(cut_ms):.2f} ms"),
        Row("of it the network", f"median {np.median(named_ms):.2f} ms"),
        Row("shipped model", f"{size / 1e6:.2f} MB", f"<= {_BAR_BYTES / 1e6:g} MB", size <= _BAR_BYTES),
    ]  # fmt: skip


def _timed(here: Station, rounds: int) -> NDArray[np.float64]:
    """Milliseconds for cutting and for naming, shape (rounds, 2)."""
    scenes, naming = _scenes(here), here.inspector.recipe.naming
    times = []
    for turn in range(rounds):
        begun = time.perf_counter()
        candidates = cut_candidates(*scenes[turn % len(scenes)])
        cut = time.perf_counter()
        here.inspector.classifier.name(candidates, naming)
        times.append((cut - begun, time.perf_counter() - cut))
    return 1e3 * np.array(times)


def _scenes(here: Station) -> list[Any]:
    """What `cut_candidates` takes, of frames in which at least twenty regions were found."""
    calibration, recipe, windows = here.calibration, here.inspector.recipe, light_windows(here.calibration)
    web, scenes = here.web(11, exactly(24)), []
    for index in range(_FRAMES):
        frame = web.frame(index).frame
        light = measure_light(frame.pixels, windows, recipe.flat_field)
        found = find_web(frame.pixels, light, windows, calibration, recipe.web)
        expectation = expect(light, found, calibration, recipe.web.guard_px)
        regions = look(frame, calibration, recipe, windows).candidates.regions[:_CANDIDATES]
        if len(regions) == _CANDIDATES:
            scenes.append((frame.pixels, regions, expectation, found, calibration))
    return scenes
