"""Defects of a web by their place alone, and webs of marks and chance."""

from collections.abc import Iterable, Sequence

import numpy as np

from inspection.defect import Kind, Severity
from inspection.roll.web_defect import WebDefect


def defect(number, down_mm, cross_mm=50.0, *, kind=Kind.PINHOLE, length_mm=0.4, lane: int | None = 1) -> WebDefect:
    return WebDefect(
        identity=(number, 1), kind=kind, probability=0.9, severity=Severity.MINOR, needs_review=False, lane=lane,
        from_mm=down_mm - length_mm / 2, to_mm=down_mm + length_mm / 2, left_mm=cross_mm - 0.2,
        right_mm=cross_mm + 0.2, area_mm2=0.1, contrast_sigma=8.0, pieces=1, camera_id="one", found_at="",
    )  # fmt: skip


def defects_at(places: Iterable[tuple[float, float]]) -> list[WebDefect]:
    return [defect(number, down, cross) for number, (down, cross) in enumerate(places, 1)]


def unrelated(rng, per_100_m, length_mm=15_000.0, width_mm=100.0) -> list[tuple[float, float]]:
    many = rng.poisson(per_100_m * length_mm / 1e5)
    return list(zip(rng.uniform(0, length_mm, many), rng.uniform(0, width_mm, many), strict=True))


def marks(
    pitch_mm, cross_mm=50.0, turns: Sequence[int] = range(10), start_mm=100.0, jitter: np.ndarray | None = None
) -> list[tuple[float, float]]:
    off = np.zeros(len(turns)) if jitter is None else jitter
    return [(start_mm + turn * pitch_mm + off[n], cross_mm) for n, turn in enumerate(turns)]
