"""From what was named on the command line to frames: folders are opened, one level deep."""

from collections.abc import Iterable
from pathlib import Path

from inspection.errors import FrameError
from inspection.frame import Frame
from inspection.image_file import read_image

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")


def find_images(named: Iterable[Path]) -> list[Path]:
    """List what was named, image files in the place of their folder; a folder without any stays itself."""
    return [image for path in named for image in (_inside(path) if path.is_dir() else []) or [path]]


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
    except OSError:
        return []


def read_frame(path: Path) -> Frame:
    """Read one of `find_images`.

    Raises
    ------
    FrameError
        A file that is no image, or a folder that holds none.
    """
    if path.is_dir():
        raise FrameError(f"expected image files ({' '.join(ENDINGS)}) in {path}, found none: name another folder")
    return read_image(path)
