"""Where a backup lies: in a folder, or in one tar file. Both hold named files; which one, the name tells.

Pictures are compressed already, so the tar file is not. A folder on the disk of the station shares its pictures
with it (hard links): they are never changed in place. All else is copied.
"""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Protocol

from service.errors import UnusableBackup

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Mark:
    """What tells a file from any other."""

    size: int
    sha256: str


class Archive(Protocol):
    """Named files that can be added."""

    def add(self, source: Path, name: str, *, share: bool) -> Mark:
        """Add a file; `share` allows a hard link."""

    def add_text(self, text: str, name: str) -> None:
        """Add a small file."""


class Backup(Protocol):
    """Named files that can be read."""

    def open(self, name: str) -> IO[bytes]:
        """Open a file; `FileNotFoundError` where it is missing."""

    def changed_s(self, name: str) -> float:
        """Tell when a file was changed, in seconds since 1970."""


def is_one_file(path: Path) -> bool:
    """Tell by its name whether a backup is one tar file."""
    return path.suffix == ".tar"


@contextmanager
def writing(target: Path) -> Iterator[Archive]:
    """Write a backup under another name, and give it its own once it is whole and on the disk.

    Only its owner may read it: what is in it may be secret.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        if is_one_file(target):
            with owned(draft) as file, tarfile.open(fileobj=file, mode="w") as tar:
                yield _IntoTar(tar)
        else:
            draft.mkdir(mode=0o700)
            yield _IntoFolder(draft)
        os.sync()
        draft.rename(target)
    finally:
        remove(draft)


@contextmanager
def reading(backup: Path) -> Iterator[Backup]:
    """Open a backup to read.

    Raises
    ------
    UnusableBackup
        There is none.
    """
    if backup.is_dir():
        yield _OfFolder(backup)
        return
    try:
        with tarfile.open(backup, "r:") as tar:
            yield _OfTar(tar)
    except FileNotFoundError:
        raise UnusableBackup(f"expected a backup at {backup}, there is nothing: name another") from None
    except tarfile.TarError as problem:
        raise UnusableBackup(f"expected a backup at {backup}, it is no whole tar file: {problem}") from problem


def remove(path: Path) -> None:
    """Remove a file, or a folder with all it holds, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def mark_of(file: IO[bytes], copy: IO[bytes] | None = None) -> Mark:
    """Read a file to its end, copy it if that is wanted, and tell what it is."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(_BLOCK):
        digest.update(block)
        if copy:
            copy.write(block)
        size += len(block)
    return Mark(size, digest.hexdigest())


class _IntoFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, source: Path, name: str, *, share: bool) -> Mark:
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not (share and _linked(source, target)):
            shutil.copy2(source, target)
        with target.open("rb") as file:
            return mark_of(file)

    def add_text(self, text: str, name: str) -> None:
        (self._folder / name).write_text(text)


class _IntoTar:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, source: Path, name: str, *, share: bool) -> Mark:  # noqa: ARG002
        with source.open("rb") as file:
            mark = mark_of(file)
            file.seek(0)
            self._tar.addfile(self._tar.gettarinfo(arcname=name, fileobj=file), file)
        return mark

    def add_text(self, text: str, name: str) -> None:
        content, member = text.encode(), tarfile.TarInfo(name)
        member.size = len(content)
        self._tar.addfile(member, BytesIO(content))


class _OfFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> IO[bytes]:
        return (self._folder / name).open("rb")

    def changed_s(self, name: str) -> float:
        return (self._folder / name).stat().st_mtime


class _OfTar:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members = {member.name: member for member in tar if member.isreg()}

    def open(self, name: str) -> IO[bytes]:
        member = self._members.get(name)
        file = self._tar.extractfile(member) if member else None
        if file is None:
            raise FileNotFoundError(name)
        return file

    def changed_s(self, name: str) -> float:
        return float(self._members[name].mtime)


def _linked(source: Path, target: Path) -> bool:
    """Share a file, where both are on one file system that can."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        return False
    return True


def owned(path: Path) -> IO[bytes]:
    """Make a file that only its owner may read."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
