"""A calibration: the numbers that tell how one camera sees one product when all is well.

A record of numbers, immutable and versioned; `calibrating` makes them. Noise is kept for every
scale at which screening looks, for coating and for foil apart, because grain and roll marks
average out differently from white noise. Thresholds are multiples of that noise.
"""

import dataclasses
import json
import tokenize
import zipfile
import zlib
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inspection.errors import CalibrationError
from inspection.geometry import Placement
from inspection.normality import Normality
from inspection.streak_filters import WIDTHS_PX

WIDE_TILES: Final = (1, 3, 8)
"""Sides, in tiles of 8 px, of the boxes over which wide faint defects are averaged; all but the first twice over."""

STATISTICS: Final = (
    "point",
    *(f"wide_{8 * tiles}" for tiles in WIDE_TILES),
    *(f"part_{width}" for width in WIDTHS_PX),
    *(f"streak_{width}" for width in WIDTHS_PX),
    "edge",
)
"""Everything that is compared with a threshold: 3x3 means, wide boxes, streaks over part of a frame
and over all of it, and the deviation of a lane edge from its course."""

_UNREADABLE: Final = (
    OSError, ValueError, KeyError, TypeError, EOFError, SyntaxError, RuntimeError,
    tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""All that reading a damaged array file was seen to raise."""

LOWEST_NOISE_GAIN: Final = 0.3
"""Darker columns keep this much noise: what they still have is the sensor's own, which no light scales."""

_FORMAT: Final = 3
_ARRAYS: Final = ("gain", "known_columns", "lanes_px", "streak_filters")
_OF_NORMALITY: Final = {f"normality_{field.name}": field.name for field in dataclasses.fields(Normality)}
"""Names in the file, and in the record."""


@dataclass(frozen=True)
class Noise:
    """How restless one material is at every scale.

    Attributes
    ----------
    sigma : dict of statistic to float
        Robust standard deviation in grey levels at gain 1 (of `edge`: in pixels); grain is
        reflectance, so its noise grows with the light.
    threshold_sigma : dict of statistic to float
        Where a defect begins, in multiples of it.
    """

    sigma: dict[str, float]
    threshold_sigma: dict[str, float]

    def limit(self, statistic: str) -> float:
        """Where a defect begins, in the statistic's own unit."""
        return self.sigma[statistic] * self.threshold_sigma[statistic]


@dataclass(frozen=True, eq=False)
class Calibration:
    """How one camera sees one product.

    Attributes
    ----------
    camera : str
    version : int
        From 1; 0 is a frame's own statistics, which no verdict may rest on.
    placement : Placement
    bits : int
        Significant bits of the frames it holds for.
    rows : int
        Rows of the frames it was made from; the noise of full-height streaks depends on it.
    gain : ndarray of shape (columns,), float32
        Flat field: relative light and sensitivity of each column, median 1.
    known_columns : ndarray of shape (columns,), bool
        Where that gain was measured; elsewhere, under lane edges, it is bridged, which is good
        enough for points and boxes but not for streaks.
    coating_gl, foil_gl : float
        Grey levels at gain 1. `foil_gl` is NaN where no foil is seen.
    lanes_px : ndarray of shape (lanes, 2), float64
        Usual left and right edge of each lane; 0 or `columns` where the lane leaves the frame.
    skip_coating : bool
        Whether lanes are interrupted by bare gaps on purpose.
    coating, foil : Noise
        Of the two materials apart; grain and roll marks differ.
    streak_filters : ndarray of shape (widths, taps), float32
        What streaks of each width are told by in this product's grain.
    normality : Normality
        What crops of clean web look like; unknown where too few frames were seen.
    focus : float
        Usual sharpness, in the unit of `frame_checks`.
    made_from_frames : int
    false_alarms_per_1000 : float
        The rate that the thresholds were set for.
    """

    camera: str
    version: int
    placement: Placement
    bits: int
    rows: int
    gain: NDArray[np.float32]
    known_columns: NDArray[np.bool_]
    coating_gl: float
    foil_gl: float
    lanes_px: NDArray[np.float64]
    skip_coating: bool
    coating: Noise
    foil: Noise
    streak_filters: NDArray[np.float32]
    normality: Normality
    focus: float
    made_from_frames: int
    false_alarms_per_1000: float

    @property
    def columns(self) -> int:
        """Pixels in a line."""
        return len(self.gain)

    @property
    def sees_foil(self) -> bool:
        """Whether bare foil was in sight at calibration."""
        return bool(np.isfinite(self.foil_gl))

    @cached_property
    def gain_before(self) -> NDArray[np.float64]:
        """Sum of the gains left of each column edge, shape (columns + 1,): window sums by one subtraction."""
        return np.concatenate([[0.0], np.cumsum(self.gain, dtype=np.float64)])

    @cached_property
    def gain_of_three(self) -> NDArray[np.float32]:
        """Mean gain of each column and its two neighbours: what a 3x3 mean sees, shape (columns,)."""
        padded = np.pad(self.gain, 1, mode="edge")
        return (padded[:-2] + padded[1:-1] + padded[2:]) / np.float32(3)

    @cached_property
    def noise_gain(self) -> NDArray[np.float32]:
        """How restless each column is: grain is reflectance, so its noise grows with the light; shape (columns,)."""
        return np.maximum(self.gain_of_three, np.float32(LOWEST_NOISE_GAIN))

    def save(self, path: Path) -> None:
        """Write the calibration to a new file; an existing one is never overwritten.

        Raises
        ------
        CalibrationError
            The file exists already.
        """
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        arrays = {name: fields.pop(name) for name in _ARRAYS}
        normality = fields.pop("normality")
        arrays |= {stored: getattr(normality, name) for stored, name in _OF_NORMALITY.items()}
        fields |= {name: asdict(fields[name]) for name in ("placement", "coating", "foil")} | {"format": _FORMAT}
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                np.savez_compressed(file, allow_pickle=False, fields=json.dumps(fields), **arrays)
        except FileExistsError:
            raise CalibrationError(
                f"expected a new file for a calibration, {path} exists: take the next version"
            ) from None

    @classmethod
    def load(cls, path: Path) -> "Calibration":
        """Read a calibration.

        Raises
        ------
        CalibrationError
            The file is missing, damaged, or of another format.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                fields: dict[str, Any] = json.loads(str(file["fields"]))
                arrays = {name: file[name] for name in _ARRAYS}
                normality = Normality(**{name: file[stored] for stored, name in _OF_NORMALITY.items()})
            if fields.pop("format") != _FORMAT:
                raise ValueError("another format version")
            placement = Placement(**fields.pop("placement"))
            coating, foil = Noise(**fields.pop("coating")), Noise(**fields.pop("foil"))
            return cls(placement=placement, coating=coating, foil=foil, normality=normality, **arrays, **fields)
        except _UNREADABLE as problem:
            raise CalibrationError(
                f"expected a calibration file of format {_FORMAT} at {path}, got {problem}: calibrate anew"
            ) from problem
