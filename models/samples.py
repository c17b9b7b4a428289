"""Samples for training: synthetic webs, seen and cut by the very code that runs on the line.

In:  products, seeds, how many frames of each kind.
Out: crops, features, the true kind of each, and what it was drawn on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.candidates import Candidates
from inspection.defect import Kind
from inspection.geometry import Placement
from inspection.pipeline import light_windows, look
from inspection.recipe import default_recipe
from inspection.regions import Region
from inspection.synthetic.plan import clean, kinds
from inspection.synthetic.product import Product
from inspection.synthetic.truth import TrueDefect, Truth
from inspection.synthetic.web import SyntheticWeb

KINDS: tuple[Kind, ...] = tuple(kind for kind in Kind if kind is not Kind.UNKNOWN)
"""What the classifier tells apart, in the order of its outputs."""

_CALIBRATION_FRAMES = 16
_TOUCHING_PX = 6
_OWN_SHARE = 0.8
"""A region is a sample when at least this share of the truth it touches is of one kind."""

PER_FRAME: dict[Kind, int] = dict.fromkeys(KINDS, 12) | {
    Kind.STREAK: 4, Kind.STAIN: 5, Kind.WRINKLE: 4, Kind.DELAMINATION: 4, Kind.CRACK: 5, Kind.SCRATCH: 6,
    Kind.FOIL_CONTAMINATION: 6, Kind.EDGE_DEFECT: 6, Kind.SPLICE: 1,
}  # fmt: skip
"""Defects of one kind in one frame: as many as find room without touching."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Candidates whose true kind is known.

    Attributes
    ----------
    crops : ndarray of shape (samples, 5, 64, 64), float16
        Half precision holds them in half the memory; their noise is far larger than its steps.
    features : ndarray of shape (samples, 20), float32
    labels : ndarray of shape (samples,), int64
        Index into `KINDS`.
    peaks_sigma : ndarray of shape (samples,), float64
        Strength of the true defect.
    """

    crops: NDArray[np.float16]
    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    peaks_sigma: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)


def draw_samples(
    products: Sequence[Product],
    cameras: Sequence[int],
    frames_by_kind: Mapping[Kind, int],
    progress: Callable[[], None] = lambda: None,
) -> Samples:
    """Draw webs before several cameras and gather every candidate with its true kind.

    Parameters
    ----------
    products : sequence of Product
    cameras : sequence of int
        Seeds; the web's seed follows from camera and kind.
    frames_by_kind : mapping of Kind to int
        Frames for each product, camera and kind.
    progress : callable
        Called after each frame.
    """
    parts = []
    for product in products:
        for camera in cameras:
            calibration = _calibrate(product, camera)
            for number, (kind, frames) in enumerate(frames_by_kind.items(), 1):
                web = SyntheticWeb(
                    product, 1000 * camera + number, plan=kinds(kind, PER_FRAME[kind]), camera_seed=camera
                )
                for index in range(frames):
                    parts.append(_samples(web, index, calibration))
                    progress()
    return joined(parts)


def joined(parts: Sequence[Samples]) -> Samples:
    """Several lots of samples as one."""
    return Samples(
        np.concatenate([part.crops for part in parts]),
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.peaks_sigma for part in parts]),
    )


def _calibrate(product: Product, camera: int) -> Calibration:
    web = SyntheticWeb(product, 1000 * camera, plan=clean(), camera_seed=camera)
    frames = [web.frame(index).frame for index in range(_CALIBRATION_FRAMES)]
    placement = Placement(mm_per_px_cross=product.mm_per_px, mm_per_px_down=product.mm_per_px)
    return calibrate(frames, placement)


def _samples(web: SyntheticWeb, index: int, calibration: Calibration) -> Samples:
    drawn = web.frame(index)
    candidates = look(drawn.frame, calibration, default_recipe(), light_windows(calibration)).candidates
    known = list(_known(candidates, drawn.truth))
    places = [place for place, _ in known]
    return Samples(
        candidates.crops[places].astype(np.float16),
        candidates.features[places],
        np.array([KINDS.index(defect.kind) for _, defect in known], np.int64),
        np.array([defect.peak_sigma for _, defect in known], np.float64),
    )


def _known(candidates: Candidates, truth: Truth) -> Iterator[tuple[int, TrueDefect]]:
    """Candidates that lie on true defects of one kind, each with the one it touches most."""
    drawn = (*truth.defects, *truth.events)
    for place, region in enumerate(candidates.regions):
        touched = [(touching_px(region, defect), defect) for defect in drawn]
        pixels = sum(shared for shared, _ in touched)
        most, defect = max(touched, key=lambda pair: pair[0], default=(0, None))
        of_that_kind = sum(shared for shared, other in touched if defect and other.kind is defect.kind)
        if defect is not None and most and of_that_kind >= _OWN_SHARE * pixels:
            yield place, defect


def touching_px(region: Region, defect: TrueDefect) -> int:
    """Pixels of a region's box that lie on a true defect, or so near that blur joins them."""
    top, left = region.box.top - defect.box.top, region.box.left - defect.box.left
    bottom, right = region.box.bottom - defect.box.top, region.box.right - defect.box.left
    rows = slice(max(top - _TOUCHING_PX, 0), max(bottom + _TOUCHING_PX, 0))
    columns = slice(max(left - _TOUCHING_PX, 0), max(right + _TOUCHING_PX, 0))
    return int(np.count_nonzero(defect.mask[rows, columns]))
