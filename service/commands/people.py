"""`coatsight users`: who may sign in, and what they may do."""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import typer

from inspection.errors import InputError
from service.access import PEOPLE, Role
from service.commands.remembering import at_the_command_line
from service.commands.terminal import print_json, print_table, say
from service.passwords import hashed
from service.store import people
from service.store.beside import changing, reading
from service.store.entries import stamp
from service.store.people import UserEntry
from service.user_names import check_name, login_of


def add(name: str, role: str, data: Path, *, from_stdin: bool, json: bool) -> int:
    """Let somebody sign in."""
    written, trusted, now = check_name(name), _role(role), datetime.now(UTC)
    entry = UserEntry(login_of(name), written, trusted, _new_password_hash(from_stdin), True, stamp(now))
    with changing(data) as connection:
        people.add_user(connection, entry, at_the_command_line(), now)
    return _tell({"name": written, "role": trusted}, f"{written} may sign in as {trusted}", json=json)


def show(data: Path, *, json: bool) -> int:
    """List everybody."""
    with reading(data) as connection:
        known = people.all_users(connection)
    if json:
        print_json([{name: getattr(each, name) for name in ("name", "role", "active", "created_at")} for each in known])
    else:
        rows = [(each.name, each.role, "" if each.active else "deactivated", each.created_at) for each in known]
        print_table(("name", "role", "", "since"), rows)
    return 0


def set_role(name: str, role: str, data: Path, *, json: bool) -> int:
    """Give somebody another role."""
    trusted = _role(role)
    _change(name, data, partial(people.set_role, role=trusted))
    return _tell({"name": name, "role": trusted}, f"{name} is {trusted} now", json=json)


def set_password(name: str, data: Path, *, from_stdin: bool, json: bool) -> int:
    """Give somebody another password; their sessions end."""
    _change(name, data, partial(people.set_password, password_hash=_new_password_hash(from_stdin)))
    return _tell({"name": name}, f"{name} has a new password and is signed out everywhere", json=json)


def set_active(name: str, data: Path, *, active: bool, json: bool) -> int:
    """Let somebody in again, or no more."""
    _change(name, data, partial(people.set_active, active=active))
    told = f"{name} may sign in again" if active else f"{name} may not sign in any more and is signed out everywhere"
    return _tell({"name": name, "active": active}, told, json=json)


def _change(name: str, data: Path, change: partial[None]) -> None:
    with changing(data) as connection:
        change(connection, login=login_of(name), actor=at_the_command_line(), at=datetime.now(UTC))


def _role(role: str) -> Role:
    if role not in PEOPLE:
        raise InputError(f"expected a role out of {', '.join(PEOPLE)}, got {role!r}")
    return Role(role)


def _new_password_hash(from_stdin: bool) -> str:
    if from_stdin:
        return hashed(sys.stdin.readline().rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise InputError("expected a terminal to ask for the password at, there is none: use --password-stdin")
    return hashed(str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)))


def _tell(told: dict[str, object], words: str, *, json: bool) -> int:
    if json:
        print_json(told)
    else:
        say(words)
    return 0
