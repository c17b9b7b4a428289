"""Defects of the web by any filter, page by page.

A page begins behind the last defect of the one before, by the order's own key (keyset paging): it takes as long at the
end of a roll as at its beginning. Each kind and severity asked for is walked along its own index, and the walks are
merged: rare ones are found at once among a million others. What no index knows (lane, camera, measures) is looked for
in windows of bounded size, and a page ends, perhaps short, where that many were looked at.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import merge
from itertools import product
from operator import attrgetter, itemgetter
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, literal, select, tuple_

from inspection.defect import Kind, Severity
from inspection.roll.web_defect import WebDefect
from service.store.tables import LONG_MM, is_long, web_defects
from service.store.web_counts import Count, counts_of
from service.store.web_filters import (
    DEFECT_KINDS,
    WORST_FIRST,
    DefectFilter,
    along,
    measures,
    moments,
    places,
)
from service.store.webs import web_defect

_LOOKED_AT: Final = 3000
"""Defects that are looked at for one page: some 20 ms."""

_SMALLEST_WINDOW: Final = 24
_LONGEST_WINDOW: Final = 1000


class Order(StrEnum):
    """How a list is sorted."""

    ALONG = "along"
    WORST = "worst"
    NEWEST = "newest"


Key: TypeAlias = tuple[float | str, int, int]
"""What a list is sorted by, and the defect's identity."""

Place: TypeAlias = tuple[int, Key]
"""Where in a list one is: the number of the group, and the key of the last defect looked at."""

_Conditions: TypeAlias = list[ColumnElement[bool]]

_Step: TypeAlias = tuple[Key, Row[Any] | int]
"""A defect with its key; or how far a walk has looked, and at how many."""


MarkRow: TypeAlias = Row[Any]
"""frame, number, kind, severity, lane (0 is bare foil), from_mm, to_mm, left_mm, right_mm: what is drawn on a map."""


@dataclass(frozen=True)
class DefectRows:
    """One page.

    Attributes
    ----------
    defects : tuple of (str, WebDefect)
        With the roll's id.
    after : Place or None
        Where the next page begins; None at the end.
    """

    defects: tuple[tuple[str, WebDefect], ...]
    after: Place | None


@dataclass(frozen=True)
class _Sorted:
    """How an order lies in its index."""

    columns: tuple[Column[Any], ...]
    is_descending: bool
    within: Callable[[DefectFilter], _Conditions]
    besides: tuple[Callable[[DefectFilter], _Conditions], ...]

    @property
    def sorting(self) -> list[ColumnElement[Any]]:
        return [column.desc() if self.is_descending else column for column in self.columns]

    def key_of(self, row: Row[Any]) -> Key:
        key: Key = attrgetter(*(column.name for column in self.columns))(row)
        return key


_ID = web_defects.c.frame, web_defects.c.number
_MARK = [
    web_defects.c[name]
    for name in ("frame", "number", "kind", "severity", "lane", "from_mm", "to_mm", "left_mm", "right_mm")
]
_ORDERS: Final = {
    Order.ALONG: _Sorted((web_defects.c.from_mm, *_ID), False, along, (moments, places, measures)),
    Order.WORST: _Sorted((web_defects.c.area_mm2, *_ID), True, lambda _: [], (along, moments, places, measures)),
    Order.NEWEST: _Sorted((web_defects.c.found_at, *_ID), True, moments, (along, places, measures)),
}


def defect_rows(
    connection: Connection, asked: DefectFilter, order: Order, limit: int, after: Place | None = None
) -> DefectRows:
    """Read one page of a list.

    Parameters
    ----------
    connection : Connection
    asked : DefectFilter
        The orders along the web and by severity are those of one roll.
    order : Order
    limit : int
        A page may be shorter where few of many fit the filter.
    after : Place, optional
        Where the page before ended.
    """
    found: list[Row[Any]] = []
    last, left = after, _LOOKED_AT
    for place, seen in _walked(connection, asked, order, limit, after):
        if isinstance(seen, int):
            left -= seen
        elif len(found) == limit:
            return _page(found, last)
        else:
            found.append(seen)
        last = place
        if left <= 0:
            return _page(found, last)
    return _page(found, None)


def longest(connection: Connection, roll_id: str, from_mm: float, to_mm: float, limit: int) -> list[MarkRow]:
    """List the longest defects of a metre or more that reach into a stretch, the longest first."""
    columns = web_defects.c
    question = select(*_MARK).where(
        columns.roll_id == roll_id, is_long, columns.from_mm < to_mm, columns.to_mm > from_mm
    )
    question = question.order_by((columns.to_mm - columns.from_mm).desc(), *_ID).limit(limit)
    return list(connection.execute(question))


def shorter(connection: Connection, roll_id: str, from_mm: float, to_mm: float) -> list[MarkRow]:
    """List the defects of less than a metre that reach into a stretch, along the web; all of them, so ask first."""
    columns = web_defects.c
    question = select(*_MARK).where(
        columns.roll_id == roll_id,
        columns.from_mm > from_mm - LONG_MM,  # what begins before that is longer, or ends before the stretch
        columns.from_mm < to_mm,
        columns.to_mm > from_mm,
        columns.to_mm - columns.from_mm < LONG_MM,
    )
    return list(connection.execute(question.order_by(columns.from_mm, *_ID)))


def _page(found: Sequence[Row[Any]], after: Place | None) -> DefectRows:
    return DefectRows(tuple((row.roll_id, web_defect(row)) for row in found), after)


def _walked(
    connection: Connection, asked: DefectFilter, order: Order, limit: int, after: Place | None
) -> Iterator[tuple[Place, Row[Any] | int]]:
    """Merge the walks of each group, one group after the other."""
    first, key = after or (0, None)
    how = _ORDERS[order]
    rest = [condition for conditions in how.besides for condition in conditions(asked)]
    for number, group in enumerate(_groups(connection, asked, order)):
        if number < first or not group:
            continue
        window = _window(len(group), limit, looks=bool(rest))
        walks = [
            _walk(connection, how, [*which, *how.within(asked)], rest, window, key if number == first else None)
            for which in group
        ]
        for here, seen in merge(*walks, key=itemgetter(0), reverse=how.is_descending):
            yield (number, here), seen


def _window(walks: int, limit: int, *, looks: bool) -> int:
    """How many rows a walk takes first."""
    return max((_LOOKED_AT // 2 if looks else 2 * limit) // walks, _SMALLEST_WINDOW)


def _groups(connection: Connection, asked: DefectFilter, order: Order) -> Iterator[list[_Conditions]]:
    """Give what is to be merged: conditions that one index has in front, by severity where that sorts first."""
    of_roll = [] if asked.roll_id is None else [web_defects.c.roll_id == asked.roll_id]
    if order is Order.ALONG and not (asked.kinds or asked.severities):
        yield [of_roll]
        return
    there = _there(connection, asked)
    walks = [
        [
            [*of_roll, web_defects.c.kind == kind, web_defects.c.severity == severity]
            for kind in DEFECT_KINDS
            if (kind, severity) in there
        ]
        for severity in WORST_FIRST
    ]
    if order is Order.WORST:
        yield from walks
    else:
        yield [conditions for group in walks for conditions in group]


def _there(connection: Connection, asked: DefectFilter) -> set[tuple[str, str]]:
    """Kinds and severities that are asked for, of one roll those that it has."""
    wanted = set(product(asked.kinds or DEFECT_KINDS, asked.severities or tuple(Severity)))
    if asked.roll_id is None:
        return {(str(kind), str(severity)) for kind, severity in wanted}
    return {(each.kind, each.severity) for each in counts_of(connection, asked.roll_id) if _is_asked(each, asked)}


def total_of(connection: Connection, asked: DefectFilter) -> int | None:
    """Count what a filter asks of one roll; None where the counts do not tell it apart."""
    if asked.roll_id is None or not asked.is_counted:
        return None
    return sum(each.count for each in counts_of(connection, asked.roll_id) if _is_asked(each, asked))


def _is_asked(each: Count, asked: DefectFilter) -> bool:
    wanted = (
        (asked.kinds, Kind(each.kind)),
        (asked.severities, Severity(each.severity)),
        (asked.lanes, each.lane),
        (asked.camera_ids, each.camera_id),
    )
    return all(not some or value in some for some, value in wanted)


def _walk(
    connection: Connection, how: _Sorted, which: _Conditions, rest: _Conditions, window: int, after: Key | None
) -> Iterator[_Step]:
    """Walk one index, a window at a time, each longer than the one before: most walks are soon at an end."""
    while True:
        rows, end = (_some if rest else _all)(connection, how, which, rest, (window, after))
        yield from rows
        if end is None:
            return
        yield end, window if rest else 0
        window, after = min(2 * window, _LONGEST_WINDOW), end


def _all(
    connection: Connection, how: _Sorted, which: _Conditions, _: _Conditions, window: tuple[int, Key | None]
) -> tuple[list[_Step], Key | None]:
    """Read a window of which every defect fits; tell also where it ends, None at the end of the walk."""
    size, after = window
    question = _behind(select(web_defects).where(*which), how, after).limit(size)
    rows = [(how.key_of(row), row) for row in connection.execute(question)]
    return list(rows), rows[-1][0] if len(rows) == size else None


def _some(
    connection: Connection, how: _Sorted, which: _Conditions, rest: _Conditions, window: tuple[int, Key | None]
) -> tuple[list[_Step], Key | None]:
    """Read the defects of a window that fit the rest of the filter; the window itself is read from the index alone."""
    size, after = window
    here = _behind(select(*how.columns).where(*which), how, after)
    keys = here.limit(size).subquery()
    question = select(web_defects).join(keys, (keys.c.frame == _ID[0]) & (keys.c.number == _ID[1])).where(*rest)
    rows = connection.execute(question.order_by(*how.sorting))
    end = connection.execute(here.offset(size - 1).limit(1)).one_or_none()
    return [(how.key_of(row), row) for row in rows], None if end is None else tuple(end)


def _behind(question: Select[Any], how: _Sorted, after: Key | None) -> Select[Any]:
    """Sort a question, and begin it behind a key."""
    if after is not None:
        key = tuple_(*how.columns)
        value = tuple_(*(literal(part, column.type) for part, column in zip(after, how.columns, strict=True)))
        question = question.where(key < value if how.is_descending else key > value)
    return question.order_by(*how.sorting)
