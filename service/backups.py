"""Backups of a station's folder, and a folder made of one again.

A backup is whatever lies in the folder, beside what belongs to the running process alone, and a manifest: size
and SHA-256 of every file, the schema's revision, how much was recorded. The database comes first, as it is at
one moment; calibrations, recipes, models and pictures only ever come before the records that name them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from service.archives import Archive, Backup, Mark, mark_of, owned, reading, remove, writing
from service.disk_guard import RESERVE
from service.errors import UnusableBackup
from service.picture_files import PICTURES
from service.store.copying import copy_database, counts, is_known, revision
from service.store.database import DATABASE

MANIFEST = "manifest.json"

_FORMAT = 1
_LEFT_OUT = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "station.lock", ".lock", RESERVE, MANIFEST)
_UNFINISHED = (".part", ".draft")
_RESTORING = ".restoring"

Told = Callable[[str, int, int], None]
"""Told what is being done, how many pages or files are done, and of how many."""


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError("expected a name inside the folder")
    return name


class Recorded(BaseModel):
    """The database of a backup: its schema's revision, and rows by table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    revision: str
    counts: dict[str, int]


class Manifest(BaseModel):
    """What a backup holds; no database where that is kept elsewhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    made_at: datetime
    database: Recorded | None
    files: dict[Annotated[str, AfterValidator(_inside)], Mark]

    @property
    def size_bytes(self) -> int:
        """All files together."""
        return sum(mark.size for mark in self.files.values())


def back_up(data_dir: Path, target: Path, *, made_at: datetime, told: Told) -> Manifest:
    """Back up a station's folder; the station may be running.

    A database that lies elsewhere (no file of it in the folder) is left out, the manifest says so.

    Parameters
    ----------
    data_dir : Path
    target : Path
        Must not be there; `.tar` makes one file, other names a folder.
    made_at : datetime
    told : callable

    Raises
    ------
    UnusableBackup
        It cannot be put there.
    StoreFailed
        The database cannot be copied.
    OSError
        The disk is full, or a file cannot be read. Nothing is left behind.
    """
    _check_target(data_dir, target)
    with writing(target) as archive:
        files, recorded = _database_into(archive, data_dir, target, told)
        files |= _files_into(archive, data_dir, told)
        manifest = Manifest(format=_FORMAT, made_at=made_at, database=recorded, files=files)
        archive.add_text(manifest.model_dump_json(indent=1), MANIFEST)
    return manifest


def verify(backup: Path, told: Told) -> Manifest:
    """Read a whole backup and compare it with its manifest.

    Raises
    ------
    UnusableBackup
        It is damaged, or made by a later version.
    """
    with reading(backup) as source:
        manifest = _manifest_of(source, backup)
        for done, name in enumerate(manifest.files, 1):
            _compare(source, name, manifest.files[name])
            told("files", done, len(manifest.files))
    return manifest


def restore(backup: Path, data_dir: Path, told: Told) -> Manifest:
    """Make a station's folder of a backup, each file verified.

    All is written and verified in a folder within, so that the station's folder may be a mounted disk; the
    database gets its place last.

    Raises
    ------
    UnusableBackup
        The backup is damaged, or made by a later version, or the folder is not empty; then it stays as it was.
    """
    draft = data_dir / _RESTORING
    if data_dir.exists() and any(path != draft for path in data_dir.iterdir()):
        raise UnusableBackup(f"expected an empty folder to restore into, {data_dir} is not: name another")
    with reading(backup) as source:
        manifest = _manifest_of(source, backup)
        try:
            remove(draft)
            draft.mkdir(parents=True)
            _write_all(source, manifest, draft, told)
            _put_in_place(draft)
        finally:
            remove(draft)
    return manifest


def _check_target(data_dir: Path, target: Path) -> None:
    if not data_dir.is_dir():
        raise UnusableBackup(f"expected a station's folder at {data_dir}, there is none: name another")
    if target.exists():
        raise UnusableBackup(f"expected a new name for the backup, {target} is there already: name another")
    if target.absolute().is_relative_to(data_dir.absolute()):
        raise UnusableBackup(f"expected a place outside {data_dir} for its backup, got {target}: name another")
    target.parent.mkdir(parents=True, exist_ok=True)


def _database_into(
    archive: Archive, data_dir: Path, target: Path, told: Told
) -> tuple[dict[str, Mark], Recorded | None]:
    if not (data_dir / DATABASE).exists():
        return {}, None
    copy = target.with_name(f".{target.name}.{os.getpid()}.sqlite.draft")
    try:
        owned(copy).close()
        copy_database(data_dir / DATABASE, copy, lambda done, of: told("database", done, of))
        recorded = Recorded(revision=revision(copy), counts=counts(copy))
        return {DATABASE: archive.add(copy, DATABASE, share=True)}, recorded
    finally:
        copy.unlink(missing_ok=True)


def _files_into(archive: Archive, data_dir: Path, told: Told) -> dict[str, Mark]:
    names, marks = list(_names(data_dir)), {}
    for done, name in enumerate(names, 1):
        # Old pictures are removed meanwhile.
        with suppress(FileNotFoundError):
            marks[name] = archive.add(data_dir / name, name, share=name.startswith(f"{PICTURES}/"))
        told("files", done, len(names))
    return marks


def _names(data_dir: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(data_dir, followlinks=True):
        folders.sort()
        for name in sorted(names):
            if name not in _LEFT_OUT and not name.endswith(_UNFINISHED):
                yield (Path(folder) / name).relative_to(data_dir).as_posix()


def _manifest_of(source: Backup, backup: Path) -> Manifest:
    try:
        with source.open(MANIFEST) as file:
            manifest = Manifest.model_validate_json(file.read())
    except FileNotFoundError:
        raise UnusableBackup(f"expected a whole backup at {backup}, it has no {MANIFEST}: name another") from None
    except ValidationError as problem:
        told = problem.errors()[0]["msg"]
        raise UnusableBackup(f"expected a manifest of this version in {backup}, got another: {told}") from problem
    later = manifest.format != _FORMAT or (manifest.database and not is_known(manifest.database.revision))
    if later:
        raise UnusableBackup(f"expected a backup of this version or an earlier one, {backup} is of a later: update")
    return manifest


def _write_all(source: Backup, manifest: Manifest, folder: Path, told: Told) -> None:
    for done, (name, mark) in enumerate(manifest.files.items(), 1):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as copy:
            _compare(source, name, mark, copy)
        # A picture's age says how long it is kept.
        os.utime(path, (source.changed_s(name),) * 2)
        told("files", done, len(manifest.files))


def _compare(source: Backup, name: str, mark: Mark, copy: IO[bytes] | None = None) -> None:
    try:
        with source.open(name) as file:
            found = mark_of(file, copy)
    except FileNotFoundError:
        raise UnusableBackup(f"expected {name} in the backup, it is missing: take another backup") from None
    if found != mark:
        raise UnusableBackup(f"expected {name} as it was backed up, it is damaged: take another backup")


def _put_in_place(draft: Path) -> None:
    """Without its database a folder is no station's, so that comes last."""
    os.sync()
    for path in sorted(draft.iterdir(), key=lambda path: path.name == DATABASE):
        path.rename(draft.parent / path.name)
