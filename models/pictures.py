"""Pictures sorted into folders: the folder is the kind, whatever it is called.

In:  a folder of folders, `KIND/*.png|jpg|jpeg|bmp|tif|tiff`.
Out: grey pictures of one size, the kind of each, and which of them are copies of each other.

Copies matter: a picture that is both trained on and measured on makes a score that nobody gets
again (Barz and Denzler, Do We Train on Test Data?, J. Imaging 2020). So copies form a group, and a
group never lies on both sides of a split.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.errors import InputError
from inspection.image_file import read_image

SIDE = 96
"""Side of the pictures in pixels; 128 would cost nearly twice the time."""

SMALLEST_SIDE = 32
"""The network halves a picture four times; below this it would end on a single cell."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
"""Names of the files that are read; what they really are, their first bytes tell."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told what is done and what there is to do."""


def silent(_done: int, _total: int) -> None:
    """Tell nobody of progress."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures whose kind is known.

    Attributes
    ----------
    kinds : tuple of str
        Names of the folders, sorted; the order of a network's outputs.
    grey : ndarray of shape (pictures, side, side), uint8
        Grey levels; full scale of the file's format is 255.
    labels : ndarray of shape (pictures,), int64
        Index into `kinds`.
    names : tuple of str
        `KIND/file` of each.
    groups : ndarray of shape (pictures,), int64
        Equal for pictures with equal pixels, and for no others.
    """

    kinds: tuple[str, ...]
    grey: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def side(self) -> int:
        """Rows and columns of every picture, in pixels."""
        side: int = self.grey.shape[1]
        return side


def read_folder(path: Path, progress: Progress = silent, side: int = SIDE) -> Pictures:
    """Read every picture of every kind.

    Files and folders whose name begins with a dot are left alone, and so is what is no picture by
    its name. A picture that is not square is squeezed to one.

    Parameters
    ----------
    path : Path
        Holds a folder for each kind.
    progress : callable
        Called after each picture.
    side : int
        Side of the pictures given back, in pixels.

    Raises
    ------
    InputError
        Fewer than two kinds, or than two different pictures of one; a file that cannot be read; the
        same pixels under two kinds.
    """
    if side < SMALLEST_SIDE:
        raise InputError(f"expected pictures of side {SMALLEST_SIDE} px or more, got {side}: ask for a larger side")
    files = _files_by_kind(path)
    listed = [file for of_kind in files.values() for file in of_kind]
    grey = np.empty((len(listed), side, side), np.uint8)
    for place, file in enumerate(listed):
        grey[place] = _grey(file, side)
        progress(place + 1, len(listed))
    labels = np.repeat(np.arange(len(files)), [len(of_kind) for of_kind in files.values()])
    names = tuple(file.relative_to(path).as_posix() for file in listed)
    pictures = Pictures(tuple(files), grey, labels, names, _groups(grey))
    _check_one_kind_each(pictures)
    _check_enough(pictures)
    return pictures


def split(pictures: Pictures, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose at random what to train on: the same share of each kind, and copies together.

    Parameters
    ----------
    pictures : Pictures
        Two groups or more of each kind.
    share : float
        Of each kind's groups, above 0 and below 1; one group at least falls on either side.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (pictures,), bool
        True for what is trained on, False for what is measured on.
    """
    if not 0 < share < 1:
        raise InputError(f"expected a share between 0 and 1 to train on, got {share}: 0.7 is usual")
    chosen: list[NDArray[np.int64]] = []
    for label in range(len(pictures.kinds)):
        groups = rng.permutation(np.unique(pictures.groups[pictures.labels == label]))
        chosen.append(groups[: _between(round(share * len(groups)), 1, len(groups) - 1)])
    return np.isin(pictures.groups, np.concatenate(chosen))


def _between(number: int, least: int, most: int) -> int:
    return max(least, min(number, most))


def _files_by_kind(path: Path) -> dict[str, list[Path]]:
    """Every kind with its files, both sorted, so that the order never depends on the disk."""
    if not path.is_dir():
        raise InputError(f"expected a folder at {path}, got none: name the folder that holds one folder for each kind")
    kinds = {folder.name: _pictures_in(folder) for folder in _listed(path) if folder.is_dir()}
    _check_kinds(path, tuple(kinds))
    for kind, files in kinds.items():
        if len(files) < 2:
            raise InputError(
                f"expected at least 2 pictures ({', '.join(SUFFIXES)}) in {path / kind}, got {len(files)}: "
                "add pictures of that kind or take the folder away"
            )
    return kinds


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise InputError(f"expected a folder that can be listed, got {folder}: {error.strerror}") from error


def _pictures_in(folder: Path) -> list[Path]:
    return [file for file in _listed(folder) if file.suffix.lower() in SUFFIXES and file.is_file()]


def _check_kinds(path: Path, kinds: Sequence[str]) -> None:
    if len(kinds) < 2:
        got = f"only {kinds[0]!r}" if kinds else "none"
        raise InputError(
            f"expected at least 2 folders in {path}, one for each kind, got {got}: sort the pictures into folders"
        )
    for kind in kinds:
        # A file system may hold names that are no text; neither a card nor a screen could tell them.
        if not kind.isprintable():
            raise InputError(f"expected a folder name that can be printed, got {kind!a}: rename the folder")


def _grey(file: Path, side: int) -> NDArray[np.uint8]:
    """Read one picture; shrinking averages what falls into a pixel, so that fine grain does not alias."""
    frame = read_image(file)
    resized = cv2.resize(frame.pixels, (side, side), interpolation=cv2.INTER_AREA)
    # Scaled by what the format can hold: scaled by its own brightest pixel, a picture would lose how bright it is.
    return np.asarray(np.rint(resized * (255 / frame.full_scale_gl)), np.uint8)


def _groups(grey: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number pictures by what a network sees of them, so copies in another format or depth are copies too."""
    numbers: dict[bytes, int] = {}
    digests = (hashlib.blake2b(picture.tobytes(), digest_size=16).digest() for picture in grey)
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], np.int64)


def _check_one_kind_each(pictures: Pictures) -> None:
    first: dict[int, int] = {}
    for place, group in enumerate(pictures.groups.tolist()):
        other = first.setdefault(group, place)
        if pictures.labels[other] != pictures.labels[place]:
            raise InputError(
                f"expected every picture under one kind, got the same pixels in {pictures.names[other]} "
                f"and {pictures.names[place]}: delete the one that is wrong"
            )


def _check_enough(pictures: Pictures) -> None:
    for label, kind in enumerate(pictures.kinds):
        own = pictures.groups[pictures.labels == label]
        if len(np.unique(own)) < 2:
            raise InputError(
                f"expected at least 2 different pictures of {kind!r}, got {len(own)} copies of one: add others"
            )
