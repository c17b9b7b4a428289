"""How exactly lane edges are placed."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.answers import Row
from benchmarks.stations import ALL_PRODUCTS, station
from inspection.flat_field import measure_light
from inspection.kernels.reading import BAND_ROWS
from inspection.pipeline import light_windows
from inspection.synthetic.plan import clean
from inspection.web import find_web

_BAR_PX = 0.5


def edges(frames: int) -> list[Row]:
    """Distance of every measured edge, band by band, from where it was drawn."""
    with ProcessPoolExecutor(2) as pool:
        errors = dict(zip(ALL_PRODUCTS, pool.map(partial(_errors, frames), ALL_PRODUCTS), strict=True))
    return [_row(product, error) for product, error in errors.items()]


def _row(product: str, error_px: NDArray[np.float64]) -> Row:
    rms, bias = float(np.sqrt(np.mean(error_px**2))), float(error_px.mean())
    measured = f"{rms:.3f} px rms (bias {bias:+.3f}, n {error_px.size})"
    return Row(f"lane edges, {product}", measured, f"<= {_BAR_PX} px rms", rms <= _BAR_PX)


def _errors(frames: int, product: str) -> NDArray[np.float64]:
    """Measured minus drawn, of every edge in every coated band."""
    here = station(product)
    web, windows, recipe = here.web(9000, clean()), light_windows(here.calibration), here.inspector.recipe
    errors = []
    for index in range(frames):
        shown = web.frame(index)
        light = measure_light(shown.frame.pixels, windows, recipe.flat_field)
        found = find_web(shown.frame.pixels, light, windows, here.calibration, recipe.web).edges_px
        bands = found.shape[2]
        true = shown.truth.edges_px[:, :, : bands * BAND_ROWS].reshape(*found.shape, BAND_ROWS).mean(axis=3)
        errors.append((found - true)[np.isfinite(found)])
    return np.concatenate(errors)
