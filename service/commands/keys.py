"""`coatsight keys`: which cameras and programs may use the station."""

import re
from datetime import UTC, datetime
from pathlib import Path

from inspection.errors import InputError
from service.access import ANY_CAMERA, Role
from service.commands.remembering import at_the_command_line
from service.commands.terminal import print_json, print_table, say
from service.keyring import digest_of, new_key
from service.settings import NAME_PATTERN
from service.store import keys
from service.store.beside import changing, reading
from service.store.entries import stamp
from service.store.keys import ID_DIGITS, KeyEntry

_TOLD = ("key_id", "camera_id", "role", "purpose", "created_at", "last_used_at", "revoked_at")


def add(camera: str, role: str, purpose: str, data: Path, *, json: bool) -> int:
    """Make a key and show it, this once."""
    _check(camera, role)
    key, now = new_key(), datetime.now(UTC)
    digest = digest_of(key)
    entry = KeyEntry(digest[:ID_DIGITS], digest, camera, Role(role), purpose, stamp(now))
    with changing(data) as connection:
        keys.add_key(connection, entry, at_the_command_line(), now)
    if json:
        print_json({"key": key, "key_id": entry.key_id, "camera_id": camera, "role": role, "purpose": purpose})
    else:
        say(f"key {entry.key_id} for {_called(camera)}; it is shown this once, the station keeps only its digest:")
        print(key)
    return 0


def show(data: Path, *, json: bool) -> int:
    """List the keys, of which only their ids are known."""
    with reading(data) as connection:
        known = keys.all_keys(connection)
    if json:
        print_json([{name: getattr(each, name) for name in _TOLD} for each in known])
    else:
        headings = ("id", "camera", "role", "purpose", "made", "last used", "revoked")
        print_table(headings, [[getattr(each, name) or "" for name in _TOLD] for each in known])
    return 0


def revoke(key_id: str, data: Path, *, json: bool) -> int:
    """Let a key open nothing any more."""
    with changing(data) as connection:
        keys.revoke_key(connection, key_id, at_the_command_line(), datetime.now(UTC))
    if json:
        print_json({"key_id": key_id, "revoked": True})
    else:
        say(f"key {key_id} opens nothing any more; a running station knows within a second")
    return 0


def _check(camera: str, role: str) -> None:
    if role not in list(Role):
        raise InputError(f"expected a role out of {', '.join(Role)}, got {role!r}")
    if camera == ANY_CAMERA:
        return
    if not re.fullmatch(NAME_PATTERN, camera):
        raise InputError(f"expected a camera's name as in its route, or * for any, got {camera!r}")
    if role != Role.CAMERA:
        raise InputError(f"expected --camera '*' with the role {role}: the key of one camera does what cameras do")


def _called(camera: str) -> str:
    return "any camera" if camera == ANY_CAMERA else f"camera {camera}"
