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
"""Frames of each kind: one to learn from, one to be asked about."""

_UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""All that reading a damaged array file was seen to raise."""

_LINE_ROWS, _LINE_COLUMNS = 1024, 4096
"""Frames of the line that a model was drawn for: a picture is a small part of one."""


_LEARNED, _TUNED = 0.55, 0.7
"""Shares of the groups that are learned from, and up to which limits are set; the rest are asked about."""


@dataclass(frozen=True, eq=False)
class Export:
    """Candidates of a plant.

    Attributes
    ----------
    samples : Samples
    lot : ndarray of shape (samples,), float64
        From 0 to 1, the same for candidates that must not be parted: those of one frame, those with
        the same pixels. It follows from what they are, so that a later, larger export asks about the
        same ones.
    """

    samples: Samples
    lot: NDArray[np.float64]

    @property
    def learned(self) -> NDArray[np.bool_]:
        """What is learned from."""
        return np.asarray(self.lot < _LEARNED)

    @property
    def tuned(self) -> NDArray[np.bool_]:
        """What limits are set on."""
        return np.asarray((self.lot >= _LEARNED) & (self.lot < _TUNED))

    @property
    def asked(self) -> NDArray[np.bool_]:
        """What both models are asked about."""
        return np.asarray(self.lot >= _TUNED)


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
    return Export(_samples(crops, features, labels, names), _lots(labels, origins, kinds))


_Part = tuple[NDArray[np.floating], NDArray[np.float32], NDArray[np.str_], NDArray[np.str_]]
"""Crops, features, kinds, and what each candidate comes from."""


def _read_file(path: Path, progress: Callable[[], None]) -> _Part:
    """Read one exported file; where it tells no frames, candidates with the same pixels belong together."""
    try:
        with np.load(path, allow_pickle=False) as file, np.errstate(over="ignore"):
            crops, features = file["crops"].astype(np.float16), file["features"].astype(np.float32)
            names = file["kinds"].astype(np.str_)
            frames = file["frames"].astype(np.str_) if "frames" in file else None
    except _UNREADABLE as problem:
        raise InputError(f"expected crops, features and kinds in {path}, got {problem}: export it anew") from problem
    count = names.size
    wanted = (count, len(CHANNELS), CROP_PX, CROP_PX), (count, len(FEATURES)), (count,)
    if (crops.shape, features.shape, names.shape) != wanted or not count:
        got = crops.shape, features.shape, names.shape
        raise InputError(f"expected crops, features and kinds of shapes {wanted} in {path}, got {got}: export it anew")
    if frames is not None and frames.shape != names.shape:
        raise InputError(f"expected a frame for each of the {count} candidates in {path}, got {frames.shape}")
    if not (np.isfinite(crops).all() and np.isfinite(features).all()):
        raise InputError(f"expected numbers in the crops and features of {path}, got others: export it anew")
    progress()
    return crops, features, names, _pixels(crops) if frames is None else frames


def _read_pictures(folder: Path, kinds: Sequence[str], progress: Callable[[], None]) -> list[_Part]:
    """Pictures in folders named for kinds, each with one thing on it."""
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    if not classes:
        raise InputError(f"expected .npz files or folders KIND/*.png in {folder}, found neither")
    _check_kinds(np.array([path.name for path in classes]), kinds)
    parts = []
    for each in classes:
        pictures = sorted(path for path in each.iterdir() if path.suffix.lower() in _PICTURES)
        if not pictures:
            raise InputError(f"expected pictures in {each}, found none: add some or remove the folder")
        parts += [_read_picture(path, each.name, progress) for path in pictures]
    return parts


def _read_picture(path: Path, kind: str, progress: Callable[[], None]) -> _Part:
    """Cut the strongest candidate out of one picture, judged by the picture's own statistics, at the default scale."""
    try:
        frame = read_image(path)
        calibration = calibrate([frame], Placement())
        candidates = look(frame, calibration, default_recipe(), light_windows(calibration)).candidates
    except CoatsightError as problem:
        raise InputError(f"{path}: {problem}") from problem
    if not candidates.regions:
        raise InputError(f"expected something that stands out in {path}, found nothing: cut it larger or remove it")
    progress()
    features = candidates.features[:1].copy()
    features[:, FEATURES.index("share_of_height")] *= frame.rows / _LINE_ROWS
    features[:, FEATURES.index("share_of_width")] *= frame.columns / _LINE_COLUMNS
    return candidates.crops[:1], features, np.array([kind]), _pixels(frame.pixels[None])


def _check_kinds(names: NDArray[np.str_], kinds: Sequence[str]) -> None:
    if strange := sorted({str(name) for name in names} - set(kinds)):
        near = difflib.get_close_matches(strange[0], kinds, 1)
        advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(kinds)}; --fresh learns any kinds"
        raise InputError(f"expected kinds that the model knows, got {', '.join(strange)}: {advice}")


def _lots(labels: NDArray[np.int64], origins: NDArray[np.str_], kinds: Sequence[str]) -> NDArray[np.float64]:
    """A lot for each candidate, the same for the same origin; each kind is both learned and asked about."""
    drawn = {origin: int(hashlib.sha256(origin.encode()).hexdigest()[:8], 16) / 2**32 for origin in np.unique(origins)}
    for label in np.unique(labels):
        own = sorted(np.unique(origins[labels == label]), key=drawn.__getitem__)
        if len(own) < _FEWEST:
            raise InputError(
                f"expected {kinds[label]} in at least {_FEWEST} different frames or pictures, got {len(own)}: add more"
            )
        drawn[own[0]], drawn[own[-1]] = min(drawn[own[0]], _LEARNED / 2), max(drawn[own[-1]], _TUNED)
    return np.array([drawn[origin] for origin in origins])


def _samples(
    crops: NDArray[np.floating], features: NDArray[np.float32], labels: NDArray[np.int64], names: NDArray[np.str_]
) -> Samples:
    nothing, here = np.zeros(len(labels), np.float32), np.full(len(labels), "plant")
    return Samples(crops.astype(np.float16), features, labels, nothing, nothing, names, here)


def _pixels(pictures: NDArray[Any]) -> NDArray[np.str_]:
    """A digest of each picture."""
    return np.array([hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures])
