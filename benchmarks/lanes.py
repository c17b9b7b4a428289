"""How exactly lanes are measured: widths, edge positions and patch lengths, against the webs that were drawn."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.answers import Row
from benchmarks.stations import ALL_PRODUCTS, Station, station
from inspection.frame import Frame
from inspection.kernels.reading import BAND_ROWS
from inspection.lane_extents import FrameLanes, lanes_in
from inspection.pipeline import light_windows, look
from inspection.recipe import default_recipe
from inspection.roll.patches import joined, pack, patches_and_skips, unpack
from inspection.synthetic.plan import clean
from inspection.synthetic.truth import Truth
from inspection.synthetic.web import SyntheticWeb
from inspection.web import Web

_BAR_MM = 0.05
_PATCH_BAR_MM = 0.1
_TOLERANCE_MM = 0.5
"""To either side; usual for lane widths."""

_PARTS, _TRIALS = 10, 5
"""Frames that are measured again, and how often."""


@dataclass(frozen=True, eq=False)
class _Errors:
    """Measured less drawn, in mm.

    Attributes
    ----------
    edges, widths : ndarray of shape (frames, lanes * 2) and (frames, lanes), float64
        Means of each frame.
    bands : ndarray of shape (n,), float64
        Edges in every band of eight rows.
    patches : ndarray of shape (n,), float64
        Lengths of whole patches and skips; empty unless skip-coated.
    edges_again, widths_again : ndarray of shape (frames, n), float64
        Standard deviation when the same web is exposed again.
    """

    edges: NDArray[np.float64]
    widths: NDArray[np.float64]
    bands: NDArray[np.float64]
    patches: NDArray[np.float64]
    edges_again: NDArray[np.float64]
    widths_again: NDArray[np.float64]


def lanes(frames: int) -> list[Row]:
    """Tell repeatability and bias of each product, and how much of a tolerance the gauge itself takes."""
    with ProcessPoolExecutor(2) as pool:
        errors = dict(zip(ALL_PRODUCTS, pool.map(partial(_errors, frames), ALL_PRODUCTS), strict=True))
    return [row for product, error in errors.items() for row in _rows(product, error)]


def _rows(product: str, errors: _Errors) -> Iterator[Row]:
    yield _spread(f"edge position by frame, {product}", errors.edges, _BAR_MM)
    yield _spread(f"lane width by frame, {product}", errors.widths, _BAR_MM)
    yield _spread(f"edge position by band of 8 rows, {product}", errors.bands)
    if errors.patches.size:
        yield _lengths(product, errors.patches)
    yield _gauge(f"edge position, same web exposed {_TRIALS} times, {product}", errors.edges_again)
    yield _gauge(f"lane width, same web exposed {_TRIALS} times, {product}", errors.widths_again)


def _spread(what: str, errors_mm: NDArray[np.float64], bar_mm: float | None = None) -> Row:
    sigma, bias = float(errors_mm.std(ddof=1)), float(errors_mm.mean())
    measured = f"1 sigma {sigma:.4f} mm (bias {bias:+.4f}, worst {np.abs(errors_mm).max():.4f}, n {errors_mm.size})"
    return Row(what, measured, f"<= {bar_mm} mm" if bar_mm else "", sigma <= bar_mm if bar_mm else None)


def _lengths(product: str, errors_mm: NDArray[np.float64]) -> Row:
    worst = float(np.abs(errors_mm).max())
    measured = (
        f"worst {worst:.3f} mm (1 sigma {errors_mm.std(ddof=1):.4f}, bias {errors_mm.mean():+.4f}, n {errors_mm.size})"
    )
    what = f"length of patches and skips joined over frames, {product}"
    return Row(what, measured, f"all within {_PATCH_BAR_MM} mm", worst <= _PATCH_BAR_MM)


def _gauge(what: str, sigmas_mm: NDArray[np.float64]) -> Row:
    """Equipment variation (AIAG, Measurement Systems Analysis, 2010): below 10 % of the tolerance is good."""
    sigma = float(np.sqrt(np.mean(sigmas_mm**2)))
    share = 6 * sigma / (2 * _TOLERANCE_MM)
    measured = f"1 sigma {sigma:.5f} mm, {share:.1%} of a tolerance of +- {_TOLERANCE_MM} mm (n {sigmas_mm.size})"
    return Row(what, measured, "<= 10 % of tolerance", share <= 0.1)


def _errors(frames: int, product: str) -> _Errors:
    here = station(product)
    web, mm = here.web(9100, clean(), skip=_skip(product)), here.calibration.placement.mm_per_px_cross
    edges, widths, bands, measured, truths = [], [], [], [], []
    for index in range(frames):
        shown = web.frame(index)
        seen, lanes = _measured(here, shown.frame, index)
        true_mm = _true_edges_mm(shown.truth, mm)
        apart = np.array([(lane.left_mm, lane.right_mm) for lane in lanes.extents]) - true_mm
        edges.append(apart.ravel())
        widths.append(apart[:, 1] - apart[:, 0])
        bands.append(_by_band(seen, shown.truth) * mm)
        measured.append(lanes)
        truths.append(shown.truth)
    patches = _patch_errors(measured, truths, web.scene.rows, mm) if here.calibration.skip_coating else np.empty(0)
    again = [_again(here, web, index) for index in range(min(_PARTS, frames))]
    edges_again, widths_again = (np.array(sigmas) for sigmas in zip(*again, strict=True))
    return _Errors(np.array(edges), np.array(widths), np.concatenate(bands), patches, edges_again, widths_again)


def _skip(product: str) -> tuple[float, float] | None:
    """Patches and skips a little longer than a whole number of rows: else both ends would be rounded alike."""
    usual = ALL_PRODUCTS[product].skip
    return usual and (usual[0] + 0.0173, usual[1] + 0.0087)


def _measured(here: Station, frame: Frame, index: int) -> tuple[Web, FrameLanes]:
    recipe, calibration = default_recipe(), here.calibration
    web = look(frame, calibration, recipe, light_windows(calibration)).web
    position_mm = index * frame.rows * calibration.placement.mm_per_px_down
    return web, lanes_in(web, calibration, recipe.lanes, frame, position_mm)


def _true_edges_mm(truth: Truth, mm: float) -> NDArray[np.float64]:
    """Mean edges of what is coated, shape (lanes, 2); a row at the end of a patch is neither coated nor bare."""
    coated = np.zeros(truth.edges_px.shape[2], bool)
    for begin, end in truth.patches:
        coated[int(np.ceil(begin)) : int(end)] = True
    means: NDArray[np.float64] = truth.edges_px[:, :, coated].mean(axis=2) * mm
    return means


def _by_band(web: Web, truth: Truth) -> NDArray[np.float64]:
    found = web.edges_px
    true = truth.edges_px[:, :, : found.shape[2] * BAND_ROWS].reshape(*found.shape, BAND_ROWS).mean(axis=3)
    apart: NDArray[np.float64] = (found - true)[np.isfinite(found)]
    return apart


def _patch_errors(measured: list[FrameLanes], truths: list[Truth], rows: int, mm: float) -> NDArray[np.float64]:
    """Measured less drawn lengths of the patches and skips that both were seen whole."""
    height = rows * mm
    starts = np.arange(len(measured), dtype=np.float64) * height
    seen = joined(starts, starts + height)
    drawn = np.array(
        [(a * mm + s, b * mm + s) for s, truth in zip(starts, truths, strict=True) for a, b in truth.patches]
    )
    true = joined(drawn[:, 0], drawn[:, 1])
    packed = [pack((each.lane, patch) for each in lanes.extents for patch in each.patches or ()) for lanes in measured]
    errors = []
    for pieces in unpack(packed).values():
        patches, skips = patches_and_skips(pieces, seen)
        for found, begins, ends in ((patches, true.from_mm, true.to_mm), (skips, true.to_mm[:-1], true.from_mm[1:])):
            nearest = np.abs(found.from_mm[:, None] - begins).argmin(axis=1)
            errors.append((found.to_mm - found.from_mm) - (ends - begins)[nearest])
    return np.concatenate(errors)


def _again(here: Station, web: SyntheticWeb, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard deviations of edges and widths over several exposures of the same stretch of web."""
    signal = web.signal(index)
    told = []
    for trial in range(_TRIALS):
        frame = web.scene.camera.expose(signal.copy(), np.random.default_rng((index, trial)))
        told.append([(lane.left_mm, lane.right_mm) for lane in _measured(here, frame, index)[1].extents])
    edges = np.array(told)
    return edges.std(axis=0, ddof=1).ravel(), (edges[:, :, 1] - edges[:, :, 0]).std(axis=0, ddof=1)
