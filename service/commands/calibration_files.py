"""Keeping a new calibration in the station's folder, as the camera's next version, never to be changed."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from inspection.calibration import Calibration
from inspection.errors import CalibrationError, InputError
from service.calibrations import calibration_folder, load_calibration, newest_calibration
from service.settings import NAME_PATTERN


def check_camera_name(camera: str) -> None:
    """Raise unless a camera's name can be a folder's.

    Raises
    ------
    InputError
        It cannot.
    """
    if not re.fullmatch(NAME_PATTERN, camera):
        raise InputError(
            "expected a camera name of letters, digits, dots, dashes and underscores that begins with "
            f"a letter or digit, got {camera!r}: rename it"
        )


def load_newest(data: Path, camera: str) -> Calibration:
    """Read a camera's highest version.

    Raises
    ------
    InputError
        The camera has none there, or it is damaged.
    """
    check_camera_name(camera)
    version = newest_calibration(data, camera)
    if version is None:
        folder = calibration_folder(data, camera)
        raise CalibrationError(f"expected a calibration in {folder}, found none: run coatsight calibrate first")
    return load_calibration(data, camera, version)


def keep_as_next(data: Path, camera: str, make: Callable[[int], Calibration]) -> tuple[Path, Calibration]:
    """Write a calibration as the camera's next version, whole and durable or not at all.

    Parameters
    ----------
    data : Path
        The station's folder.
    camera : str
    make : callable
        Gives the calibration of a version.

    Returns
    -------
    path : Path
    calibration : Calibration

    Raises
    ------
    CalibrationError
        Another calibration took the version meanwhile.
    """
    folder = calibration_folder(data, camera)
    folder.mkdir(parents=True, exist_ok=True)
    calibration = make((newest_calibration(data, camera) or 0) + 1)
    path = folder / f"{calibration.version}.npz"
    draft = folder / f".{calibration.version}.{os.getpid()}.draft"
    try:
        calibration.save(draft)
        _flush(draft)
        # Unlike a rename, a link never takes the place of a file that another calibration has just written.
        os.link(draft, path)
    except FileExistsError:
        raise CalibrationError(f"expected {path} to be free, another calibration took it: calibrate again") from None
    finally:
        draft.unlink(missing_ok=True)
    _flush(folder)
    return path, calibration


def _flush(path: Path) -> None:
    """Wait until a file's contents, or a folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
