"""The golden set: candidates whose true kinds people know, never trained on, to compare models by.

A file of arrays: `crops` (n, 5, 64, 64) and `features` (n, 20) as `inspection.candidates` cuts them,
`labels` (n,), whole numbers, and `kinds`, the names that they are places in. Crops may be whole numbers
too, with `crops_step` (5,), what one of them counts in each channel.
"""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.candidates import CHANNELS, CROP_PX, FEATURES
from inspection.classification import Classifier, Naming
from inspection.defect import Kind
from inspection.errors import ModelError

_AT_ONCE = 240
"""Crops widened to single precision at the same time: 20 MB."""


@dataclass(frozen=True, eq=False)
class GoldenSet:
    """Candidates with their true kinds.

    Attributes
    ----------
    crops : ndarray of shape (n, 5, 64, 64), float16 or float32
    features : ndarray of shape (n, 20), float32
    truth : ndarray of shape (n,), str
    """

    crops: NDArray[np.floating]
    features: NDArray[np.float32]
    truth: NDArray[np.str_]


def load_golden_set(path: Path) -> GoldenSet:
    """Read a golden set.

    Raises
    ------
    ModelError
        It is missing, damaged, empty or for other inputs.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            crops, features = _decoded(file), file["features"].astype(np.float32)
            truth = file["kinds"].astype(np.str_)[file["labels"]]
    except (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as problem:
        raise ModelError(f"expected a golden set at {path}, got {problem}: put one there") from problem
    cells, measured = (len(CHANNELS), CROP_PX, CROP_PX), (len(FEATURES),)
    if not len(truth) or crops.shape != (len(truth), *cells) or features.shape != (len(truth), *measured):
        raise ModelError(
            f"expected labels for crops of {cells} and features of {measured} in {path}, "
            f"got {truth.shape} for {crops.shape} and {features.shape}: cut the set anew"
        )
    return GoldenSet(crops, features, truth)


def _decoded(file: Mapping[str, NDArray[Any]]) -> NDArray[np.floating]:
    """Crops as numbers; those kept in a byte a cell tell the step of each channel."""
    if "crops_step" not in file:
        return np.asarray(file["crops"])
    return np.asarray(file["crops"] * file["crops_step"][:, None, None], np.float16)


@dataclass(frozen=True)
class Score:
    """How a classifier names a golden set, by its own limits of what is unknown.

    Attributes
    ----------
    macro_f1 : float
    strangers : float
        Share of what is no kind that it calls unknown; 1 where the set holds none.
    """

    macro_f1: float
    strangers: float


def score(classifier: Classifier, golden: GoldenSet) -> Score:
    """Ask a classifier about a golden set.

    Raises
    ------
    ModelError
        It gives no answer.
    """
    told: list[str] = []
    for begin in range(0, len(golden.truth), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        crops = golden.crops[part].astype(np.float32)
        names = classifier.name_crops(crops, golden.features[part], Naming())
        told += [name.kind.value for name in names]
    named, unknown = np.array(told), Kind.UNKNOWN.value
    strangers = named[golden.truth == unknown] == unknown
    return Score(macro_f1(golden.truth, named), float(strangers.mean()) if len(strangers) else 1.0)


def macro_f1(truth: NDArray[np.str_], named: NDArray[np.str_]) -> float:
    """Mean over the true kinds of the harmonic mean of precision and recall; from 0 to 1."""
    return float(np.mean([_f1(truth == kind, named == kind) for kind in np.unique(truth)]))


def _f1(true: NDArray[np.bool_], named: NDArray[np.bool_]) -> float:
    return 2 * float((true & named).sum()) / float(true.sum() + named.sum())
