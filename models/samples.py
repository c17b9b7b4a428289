"""Samples: synthetic webs, seen and cut by the very code that runs on the line.

In:  lots: a style, a camera, how many frames of what.
Out: crops and features, the true kind of each, and what web it came from.

A lot is one web before one camera. Lots of training, validation and evaluation differ in both, so
nothing is split by crop: two crops of one web share its grain, its lamp and its dust.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

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
from inspection.synthetic.foreign import FOREIGN
from inspection.synthetic.order import Plan
from inspection.synthetic.plan import clean, kinds, things
from inspection.synthetic.product import Product
from inspection.synthetic.strange import strange
from inspection.synthetic.truth import TrueDefect, Truth
from inspection.synthetic.web import SyntheticWeb

KINDS: tuple[Kind, ...] = tuple(kind for kind in Kind if kind is not Kind.UNKNOWN)
"""What the classifier tells apart, in the order of its outputs; after them comes `unknown`."""

NAMES: tuple[str, ...] = (*(kind.value for kind in KINDS), Kind.UNKNOWN.value)
"""The classifier's outputs, in order."""

STRANGE = "strange"
"""What stands for everything that is no kind while training."""

_CALIBRATION_FRAMES = 16
_TOUCHING_PX = 6
_OWN_SHARE = 0.8
"""A region is a sample when at least this share of the truth it touches is of one kind."""

_PER_FRAME: dict[str, int] = dict.fromkeys([*(kind.value for kind in KINDS), STRANGE, *FOREIGN], 12) | {
    Kind.STREAK: 4, Kind.STAIN: 5, Kind.WRINKLE: 4, Kind.DELAMINATION: 4, Kind.CRACK: 5, Kind.SCRATCH: 6,
    Kind.FOIL_CONTAMINATION: 6, Kind.EDGE_DEFECT: 6, Kind.SPLICE: 1, STRANGE: 9,
}  # fmt: skip
"""Things of one sort in one frame: as many as find room without touching."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Candidates whose true kind is known.

    Attributes
    ----------
    crops : ndarray of shape (samples, 5, 64, 64), float16
        Half precision holds them in half the memory; their noise is far larger than its steps.
    features : ndarray of shape (samples, 20), float32
    labels : ndarray of shape (samples,), int64
        Index into `KINDS`; one past the last is no kind.
    peaks_sigma, sizes_px : ndarray of shape (samples,), float32
        Strength of the true thing, and the longer side of its box.
    things, products : ndarray of shape (samples,), str
        What was drawn, and on what.
    """

    crops: NDArray[np.float16]
    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    peaks_sigma: NDArray[np.float32]
    sizes_px: NDArray[np.float32]
    things: NDArray[np.str_]
    products: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: NDArray[np.generic]) -> "Samples":
        return Samples(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether each is of a kind."""
        return np.asarray(self.labels < len(KINDS))


@dataclass(frozen=True)
class Lot:
    """One web before one camera, and what is drawn on it.

    Attributes
    ----------
    product : Product
    camera : int
        Seed; the web's seed follows from camera and thing.
    frames : tuple of (str, int)
        How many frames of each thing: a kind, `STRANGE` or a foreign object.
    """

    product: Product
    camera: int
    frames: tuple[tuple[str, int], ...]


def draw_lots(lots: Sequence[Lot], progress: Callable[[], None] = lambda: None) -> Samples:
    """Draw every lot, two at a time, and gather every candidate with its true kind."""
    parts = []
    with ProcessPoolExecutor(2) as pool:
        for part in pool.map(draw_lot, lots):
            parts.append(part)
            progress()
    return joined(parts)


def draw_lot(lot: Lot) -> Samples:
    """Draw one web, calibrate its camera, and gather every candidate with its true kind."""
    calibration = _calibrate(lot.product, lot.camera)
    parts = []
    for number, (thing, frames) in enumerate(lot.frames, 1):
        web = SyntheticWeb(lot.product, 1000 * lot.camera + number, plan=_plan(thing), camera_seed=lot.camera)
        parts += [_samples(web, index, calibration, thing) for index in range(frames)]
    return joined(parts)


def joined(parts: Sequence[Samples]) -> Samples:
    """Several lots of samples as one."""
    return Samples(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Samples)}
    )


def save(samples: Samples, path: Path) -> None:
    """Keep samples in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **vars(samples))


def load(path: Path) -> Samples:
    """Take samples from a file that `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        return Samples(**file)


def _plan(thing: str) -> Plan:
    if thing in FOREIGN:
        return things(FOREIGN[thing], _PER_FRAME[thing])
    return things(strange, _PER_FRAME[thing]) if thing == STRANGE else kinds(Kind(thing), _PER_FRAME[thing])


def _calibrate(product: Product, camera: int) -> Calibration:
    web = SyntheticWeb(product, 1000 * camera, plan=clean(), camera_seed=camera)
    frames = [web.frame(index).frame for index in range(_CALIBRATION_FRAMES)]
    placement = Placement(mm_per_px_cross=product.mm_per_px, mm_per_px_down=product.mm_per_px)
    return calibrate(frames, placement)


def _samples(web: SyntheticWeb, index: int, calibration: Calibration, thing: str) -> Samples:
    drawn = web.frame(index)
    candidates = look(drawn.frame, calibration, default_recipe(), light_windows(calibration)).candidates
    known = list(_known(candidates, drawn.truth))
    places, true = [place for place, _ in known], [defect for _, defect in known]
    return Samples(
        crops=candidates.crops[places].astype(np.float16),
        features=candidates.features[places],
        labels=np.array([_label(defect.kind) for defect in true], np.int64),
        peaks_sigma=np.array([defect.peak_sigma for defect in true], np.float32),
        sizes_px=np.array([max(defect.box.height, defect.box.width) for defect in true], np.float32),
        things=np.array([thing] * len(true), dtype="U24"),
        products=np.array([web.scene.product.name] * len(true), dtype="U24"),
    )


def _label(kind: Kind) -> int:
    return len(KINDS) if kind is Kind.UNKNOWN else KINDS.index(kind)


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
