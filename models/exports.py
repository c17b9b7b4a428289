"""Exports: a plant's own candidates with the kinds that people gave them.

In:  a folder with exported .npz files (crops, features and kinds of candidates, as a station cut
     them), or with plain pictures KIND/*.png, in which the pipeline finds the candidate itself.
Out: samples in the order of a model's kinds, and which of them belong together.
"""

import difflib
import hashlib
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.calibrating import calibrate
from inspection.candidates import CHANNELS, CROP_PX, FEATURES
from inspection.errors import CoatsightError, InputError
from inspection.geometry import Placement
from inspection.image_file import read_image
from inspection.pipeline import light_windows, look
from inspection.recipe import default_recipe
from models.samples import Samples

_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"}
_FEWEST = 2
"""One to learn from, one to be asked about."""


@dataclass(frozen=True, eq=False)
class Export:
    """Candidates of a plant.

    Attributes
    ----------
    samples : Samples
    groups : ndarray of shape (samples,), int64
        Candidates that must not be parted: those of one frame, those with the same pixels.
    """

    samples: Samples
    groups: NDArray[np.int64]

    def split(self, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Choose what is learned from: a share of the groups of each kind, at least one and not all.

        Returns
        -------
        ndarray of shape (samples,), bool
        """
        learned = np.zeros(len(self.groups), bool)
        for label in np.unique(self.samples.labels):
            groups = rng.permutation(np.unique(self.groups[self.samples.labels == label]))
            count = min(max(round(share * len(groups)), 1), len(groups) - 1)
            learned |= np.isin(self.groups, groups[:count]) & (self.samples.labels == label)
        return learned


def read_export(folder: Path, kinds: Sequence[str], progress: Callable[[], None] = lambda: None) -> Export:
    """Read a plant's own candidates.

    Parameters
    ----------
    folder : Path
    kinds : sequence of str
        Those of the model that is to learn them, in order.
    progress : callable
        Called after each file.

    Raises
    ------
    InputError
        Nothing to read, a kind that the model does not know, too few of one, a file that cannot be read.
    """
    if not folder.is_dir():
        raise InputError(f"expected a folder with .npz files or KIND/*.png at {folder}, there is none")
    files = sorted(folder.rglob("*.npz"))
    told = [_read_file(path, progress) for path in files] or _read_pictures(folder, kinds, progress)
    crops, features, names, origins = (np.concatenate(parts) for parts in zip(*told, strict=True))
    _check_kinds(names, kinds)
    labels = np.array([kinds.index(name) for name in names], np.int64)
    groups = np.unique(origins, return_inverse=True)[1]
    return Export(_samples(crops, features, labels, names), np.asarray(groups, np.int64))


_Part = tuple[NDArray[np.floating], NDArray[np.float32], NDArray[np.str_], NDArray[np.str_]]
"""Crops, features, kinds, and what each candidate comes from."""


def _read_file(path: Path, progress: Callable[[], None]) -> _Part:
    """Read one exported file; where it tells no frames, candidates with the same pixels belong together."""
    try:
        with np.load(path, allow_pickle=False) as file:
            crops, features, names = file["crops"], file["features"].astype(np.float32), file["kinds"].astype(np.str_)
            frames = file["frames"].astype(np.str_) if "frames" in file else None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as problem:
        raise InputError(f"expected crops, features and kinds in {path}, got {problem}: export it anew") from problem
    wanted = (len(names), len(CHANNELS), CROP_PX, CROP_PX), (len(names), len(FEATURES))
    if (crops.shape, features.shape) != wanted:
        raise InputError(f"expected crops and features of {wanted} in {path}, got {(crops.shape, features.shape)}")
    progress()
    return crops, features, names, _pixels(crops) if frames is None else frames


def _read_pictures(folder: Path, kinds: Sequence[str], progress: Callable[[], None]) -> list[_Part]:
    """Pictures in folders named for kinds, each with one thing on it."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    if not classes:
        raise InputError(f"expected .npz files or folders KIND/*.png in {folder}, found neither")
    _check_kinds(np.array([path.name for path in classes]), kinds, count=False)
    parts = []
    for each in classes:
        pictures = sorted(path for path in each.iterdir() if path.suffix.lower() in _PICTURES)
        if not pictures:
            raise InputError(f"expected pictures in {each}, found none: add some or remove the folder")
        parts += [_read_picture(path, each.name, progress) for path in pictures]
    return parts


def _read_picture(path: Path, kind: str, progress: Callable[[], None]) -> _Part:
    """Cut the strongest candidate out of one picture, judged by the picture's own statistics."""
    try:
        frame = read_image(path)
        calibration = calibrate([frame], Placement())
        candidates = look(frame, calibration, default_recipe(), light_windows(calibration)).candidates
    except CoatsightError as problem:
        raise InputError(f"{path}: {problem}") from problem
    if not candidates.regions:
        raise InputError(f"expected something that stands out in {path}, found nothing: cut it larger or remove it")
    progress()
    return candidates.crops[:1], candidates.features[:1], np.array([kind]), _pixels(frame.pixels[None])


def _check_kinds(names: NDArray[np.str_], kinds: Sequence[str], *, count: bool = True) -> None:
    found, counts = np.unique(names, return_counts=True)
    if strange := [str(name) for name in found if name not in kinds]:
        near = difflib.get_close_matches(strange[0], kinds, 1)
        advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(kinds)}; --fresh learns any kinds"
        raise InputError(f"expected kinds that the model knows, got {', '.join(strange)}: {advice}")
    if count and counts.min(initial=_FEWEST) < _FEWEST:
        few = found[counts.argmin()]
        raise InputError(f"expected at least {_FEWEST} candidates of each kind, got {counts.min()} of {few}: add more")


def _samples(
    crops: NDArray[np.floating], features: NDArray[np.float32], labels: NDArray[np.int64], names: NDArray[np.str_]
) -> Samples:
    nothing, here = np.zeros(len(labels), np.float32), np.full(len(labels), "plant")
    return Samples(crops.astype(np.float16), features, labels, nothing, nothing, names, here)


def _pixels(pictures: NDArray[Any]) -> NDArray[np.str_]:
    """A digest of each picture."""
    return np.array([hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures])
