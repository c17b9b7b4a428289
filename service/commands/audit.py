"""`coatsight audit`: who changed what, and whether that record is whole."""

import re
from datetime import UTC, datetime
from pathlib import Path

from inspection.errors import InputError
from service.commands.terminal import print_json, print_table, say
from service.errors import BrokenTrail
from service.store.audit import AuditRow, as_told, audit_rows, verify_trail
from service.store.beside import reading

_NO = 1
_NOTED = re.compile(r"(\d{1,10}):([0-9a-f]{64})")


def show(data: Path, since: str | None, limit: int, *, json: bool) -> int:
    """List the latest rows, the oldest of them first."""
    moment = _moment(since) if since else None
    with reading(data) as connection:
        rows = audit_rows(connection, limit=limit, since=moment)[::-1]
    if json:
        print_json([as_told(row) for row in rows])
    else:
        print_table(("", "when", "who", "from", "what", "to what", "details"), [_row(row) for row in rows])
    return 0


def verify(data: Path, noted: str | None, *, json: bool) -> int:
    """Follow the chain of hashes; exit code 1 where it is broken."""
    expected = _noted(noted) if noted else None
    try:
        with reading(data) as connection:
            rows, last = verify_trail(connection, expected)
    except BrokenTrail as problem:
        if json:
            print_json({"whole": False, "problem": str(problem)})
        else:
            say(f"not whole: {problem}")
        return _NO
    if json:
        print_json({"whole": True, "rows": rows, "noted": f"{rows}:{last}"})
    else:
        say(f"whole: {rows} rows. Note this elsewhere, and give it as --noted next time, to see a cut-off end:")
        print(f"{rows}:{last}")
    return 0


def _row(row: AuditRow) -> tuple[str, ...]:
    details = as_told(row)["details"]
    told = ", ".join(f"{name} {value}" for name, value in details.items()) if isinstance(details, dict) else ""
    return str(row.id), row.at, f"{row.actor_kind} {row.actor}".strip(), row.address, row.verb, row.subject, told


def _moment(since: str) -> datetime:
    try:
        told = datetime.fromisoformat(since)
    except ValueError:
        raise InputError(f"expected --since like 2030-01-31 or 2030-01-31T08:00:00Z, got {since!r}") from None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _noted(told: str) -> tuple[int, str]:
    found = _NOTED.fullmatch(told.strip())
    if not found:
        raise InputError(f"expected --noted as coatsight audit verify prints it, NUMBER:HASH, got {told[:80]!r}")
    return int(found[1]), found[2]
