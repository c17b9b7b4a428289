"""Cursors: where the next page of a list begins, opaque to whoever asks for it."""

import base64
import binascii
import json

from service.errors import UnknownPage

CURSOR_PATTERN = "^[A-Za-z0-9_=-]{1,1000}$"


def cursor_of(*place: str) -> str:
    """Write a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False, separators=(",", ":")).encode()).decode()


def place_of(cursor: str, parts: int) -> tuple[str, ...]:
    """Read a place in a list.

    Raises
    ------
    UnknownPage
        No page told it.
    """
    try:
        place = json.loads(base64.b64decode(cursor.encode(), b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        place = None
    if not (isinstance(place, list) and len(place) == parts and all(_is_text(part) for part in place)):
        raise UnknownPage("expected `after` as the page before told it, got something else: begin without it")
    return tuple(place)


def _is_text(part: object) -> bool:
    """Whether a database takes it: PostgreSQL knows no text with a zero in it, and none half of a character."""
    return isinstance(part, str) and "\0" not in part and part.encode(errors="replace").decode() == part
