"""Files that are written whole or not at all, whatever happens meanwhile."""

import os
from collections.abc import Mapping
from pathlib import Path


def keep_whole(contents: Mapping[Path, bytes]) -> None:
    """Write files of one folder; none gets its name before all are on the disk.

    Parameters
    ----------
    contents : mapping of Path to bytes
        A file of that name is replaced. Names are given in this order.

    Raises
    ------
    OSError
        The disk is full or does not let itself be written; files that were there stay as they were.
    """
    drafts = {path: path.with_name(f".{path.name}.{os.getpid()}.draft") for path in contents}
    try:
        for path, content in contents.items():
            _write(drafts[path], content)
        for path, draft in drafts.items():
            draft.replace(path)
        for folder in {path.parent for path in contents}:
            _flush(folder)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Wait until a folder's entries are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
