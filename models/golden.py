"""The golden set as it is shipped: candidates with their true kinds, in a byte a cell.

Crops lie between known bounds (noise units from -1 to 1, reflectance from -1 to 3), so a step of a
hundredth is finer than the noise in them, and the file is a fifth of what halves would take.
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspection.candidates import CHANNELS
from inspection.errors import InputError
from models.samples import NAMES, Samples

_PER_KIND, _STRONG_SIGMA = 20, 8.0
_STEPS = np.array([3 / 127 if name.endswith("reflectance") else 1 / 127 for name in CHANNELS], np.float32)


def write_golden(samples: Samples, path: Path) -> None:
    """Keep some of each kind and of what is none, from every product alike, as strong as the bars speak of."""
    chosen = samples[np.concatenate([_evenly(samples, label) for label in range(len(NAMES))])]
    coded = np.rint(chosen.crops.astype(np.float32) / _STEPS[:, None, None]).clip(-127, 127).astype(np.int8)
    np.savez_compressed(
        path, crops=coded, crops_step=_STEPS, features=chosen.features, labels=chosen.labels,
        kinds=np.array(NAMES),
    )  # fmt: skip


def _evenly(samples: Samples, label: int) -> NDArray[np.int64]:
    """Places of one kind, the first of each product, then the second of each, and so on."""
    places = np.flatnonzero((samples.labels == label) & (samples.peaks_sigma >= _STRONG_SIGMA))
    products = samples.products[places]
    turn = np.array([int((products[:n] == product).sum()) for n, product in enumerate(products)])
    return places[np.argsort(turn, kind="stable")][:_PER_KIND]


def read_golden(path: Path, kinds: Sequence[str]) -> Samples:
    """Read a golden set as samples, its labels in the order of a model's kinds.

    Raises
    ------
    InputError
        It is missing, damaged, or of kinds that the model does not know.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            crops = (file["crops"] * file["crops_step"][:, None, None]).astype(np.float16)
            features, names = file["features"].astype(np.float32), file["kinds"][file["labels"]]
        labels = np.array([kinds.index(str(name)) for name in names], np.int64)
    except (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as problem:
        raise InputError(f"expected a golden set of the model's kinds at {path}, got {problem}") from problem
    if not len(labels):
        raise InputError(f"expected a golden set of the model's kinds at {path}, got an empty one")
    nothing = np.zeros(len(labels), np.float32)
    return Samples(crops, features, labels, nothing, nothing, names.astype("U24"), np.full(len(labels), "golden"))
