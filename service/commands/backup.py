"""`coatsight backup` and `coatsight restore`: a station's folder put away, and made again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from service import backups
from service.backups import Manifest, Told
from service.commands.terminal import print_json, progress, say
from service.errors import UnusableBackup
from service.settings import Settings

_NO = 1


def back_up(data: Path, target: Path, *, verify_too: bool, json: bool) -> int:
    """Back up a folder and say what was put away."""
    with _watched("backing up") as told:
        manifest = backups.back_up(data, target, made_at=datetime.now(UTC), told=told)
    if Settings(data_dir=data).store_address:
        say("warning: this station keeps its records in PostgreSQL, this backup holds none of them: use pg_dump")
    elif manifest.database is None:
        say(f"warning: no database lies in {data}: if yours is PostgreSQL, put that away with pg_dump")
    if verify_too:
        return verify(target, json=json)
    return _tell("backed up", target, manifest, json=json)


def verify(backup: Path, *, json: bool) -> int:
    """Compare a backup with its manifest."""
    try:
        with _watched("verifying") as told:
            manifest = backups.verify(backup, told)
    except UnusableBackup as problem:
        say(f"not usable: {problem}")
        return _NO
    return _tell("verified", backup, manifest, json=json)


def restore(backup: Path, data: Path, *, json: bool) -> int:
    """Make a station's folder of a backup."""
    with _watched("restoring") as told:
        manifest = backups.restore(backup, data, told)
    if manifest.database is None:
        say("warning: the backup holds no database: if yours is PostgreSQL, take that back with pg_restore")
    return _tell("restored", data, manifest, json=json)


@contextmanager
def _watched(what: str) -> Iterator[Told]:
    with progress() as bar:
        task = bar.add_task(what, total=None)
        yield lambda part, done, of: bar.update(task, description=f"{what}: {part}", completed=done, total=of)


def _tell(what: str, path: Path, manifest: Manifest, *, json: bool) -> int:
    summary = {
        "path": str(path),
        "made_at": manifest.made_at.isoformat(),
        "files": len(manifest.files),
        "bytes": manifest.size_bytes,
        "database": manifest.database.model_dump() if manifest.database else None,
    }
    if json:
        print_json(summary)
        return 0
    frames = f"{manifest.database.counts['frames']} frames recorded, " if manifest.database else ""
    say(f"{what} {path}: {frames}{len(manifest.files)} files, {manifest.size_bytes / 2**20:.1f} MiB")
    return 0
