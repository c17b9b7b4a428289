"""Cursors: where in a list the next page begins, as text that only the same list understands."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2s
from math import isfinite
from typing import Final, NoReturn

from service.errors import UnusableCursor
from service.store.web_filters import DefectFilter
from service.store.web_queries import Order, Place

LONGEST_CURSOR: Final = 256
_MARK_DIGITS: Final = 8


def cursor_of(place: Place, asked: DefectFilter, order: Order) -> str:
    """Write a place in a list as text."""
    group, key = place
    told = json.dumps([_mark(asked, order), group, *key], separators=(",", ":"))
    return urlsafe_b64encode(told.encode()).decode().rstrip("=")


def place_of(cursor: str, asked: DefectFilter, order: Order) -> Place:
    """Read a place in a list.

    Raises
    ------
    UnusableCursor
        It is no cursor, or of a list with another filter or order.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        mark, group, sorted_by, frame, number = json.loads(urlsafe_b64decode(padded), parse_constant=_no_number)
    except (ValueError, TypeError, RecursionError):
        raise UnusableCursor("expected a cursor as `next` gave it, got something else: begin without one") from None
    if mark != _mark(asked, order):
        raise UnusableCursor("expected the filter and order that the cursor was given for, got others: keep them")
    if not (_is_sorted_by(sorted_by, order) and all(_is_whole(each) for each in (group, frame, number))):
        raise UnusableCursor("expected a cursor as `next` gave it, got one that was changed: begin without one")
    return group, (sorted_by if order is Order.NEWEST else float(sorted_by), frame, number)


def _mark(asked: DefectFilter, order: Order) -> str:
    """What tells a list from others."""
    return blake2s(repr((order.value, asked)).encode(), digest_size=_MARK_DIGITS // 2).hexdigest()


def _is_sorted_by(value: object, order: Order) -> bool:
    if order is Order.NEWEST:
        return isinstance(value, str) and value.isascii() and "\x00" not in value
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _no_number(told: str) -> NoReturn:
    raise ValueError(f"{told} is no number")
