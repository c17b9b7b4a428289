"""How many defects a web has: read from the counts by metre and from their sums over longer stretches.

A roll of a million defects has some hundred thousand rows of `metre_counts`. Triggers keep their sums over stretches
of 2, 4, 8, 16 and 64 m and over the whole roll, so that whatever range or bin is asked for is added up of few rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Table, func, select

from service.store.tables import metre_counts, stretch_counts, web_metres

STEPS: Final = (0, 1, 2, 3, 4, 6)
"""Powers of two of the lengths that metres are counted together by; 0 is the metre itself."""

WHOLE: Final = 20
"""A thousand kilometres: the step at which a roll is one stretch, or two where it began before position 0."""


@dataclass(frozen=True)
class Count:
    """Defects alike; lane 0 is bare foil."""

    lane: int
    kind: str
    severity: str
    camera_id: str
    count: int


BinCount: TypeAlias = tuple[int, int, str, str, int]
"""A bin's number, lane, kind, severity and how many."""


def counts_of(connection: Connection, roll_id: str) -> list[Count]:
    """Count a roll's defects by lane, kind, severity and camera."""
    columns = stretch_counts.c
    alike = columns.lane, columns.kind, columns.severity, columns.camera_id
    question = select(*alike, func.sum(columns.count)).where(columns.roll_id == roll_id, columns.step == WHOLE)
    question = question.group_by(*alike).having(func.sum(columns.count) > 0)
    return [Count(*row[:4], int(row[4])) for row in connection.execute(question)]


def count_between(connection: Connection, roll_id: str, first_metre: int, end_metre: int) -> int:
    """Count the defects of some metres, the end excluded."""
    return sum(_count(connection, roll_id, *piece) for piece in cover(first_metre, end_metre))


def cover(first: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Cut a range of metres into stretches that are counted: the longest inside, shorter ones at its ends.

    Yields
    ------
    tuple of (int, int, int)
        Step, number of the first stretch, number after the last one.
    """
    for step, next_step in pairwise(STEPS):
        longer = next_step - step
        inner_first, inner_end = -(-first >> longer), end >> longer
        if inner_first >= inner_end:
            yield step, first, end
            return
        yield step, first, inner_first << longer
        yield step, inner_end << longer, end
        first, end = inner_first, inner_end
    yield STEPS[-1], first, end


def binned(connection: Connection, roll_id: str, step: int, first: int, end: int) -> Iterator[BinCount]:
    """Count a roll's defects by bins of 2 to the power of `step` metres; the same place may come several times.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    step : int
    first, end : int
        Numbers of the first bin and of the one after the last.
    """
    known = max(each for each in STEPS if each <= step)
    more = step - known
    table, place, of_step = _counted_by(known)
    columns = table.c
    # Not added up by the database: that takes longer than to fetch them all.
    question = select(place, columns.lane, columns.kind, columns.severity, columns.count)
    question = question.where(columns.roll_id == roll_id, *of_step, place >= first << more, place < end << more)
    rows = connection.execute(question)
    return ((stretch >> more, lane, kind, severity, count) for stretch, lane, kind, severity, count in rows)


def extent_of(connection: Connection, roll_id: str) -> tuple[int, int]:
    """Tell a roll's first metre and the one after its last, by what was seen of it; (0, 0) of one nobody saw."""
    metre = web_metres.c.metre
    first, last = connection.execute(
        select(func.min(metre), func.max(metre)).where(web_metres.c.roll_id == roll_id)
    ).one()
    return (0, 0) if first is None else (first, last + 1)


def _count(connection: Connection, roll_id: str, step: int, first: int, end: int) -> int:
    if first >= end:
        return 0
    table, place, of_step = _counted_by(step)
    question = select(func.sum(table.c.count)).where(table.c.roll_id == roll_id, *of_step, place >= first, place < end)
    return int(connection.scalar(question) or 0)


def _counted_by(step: int) -> tuple[Table, ColumnElement[int], list[ColumnElement[bool]]]:
    """The table that counts by stretches of that length, its column of their numbers, and what picks them."""
    columns: Any = metre_counts.c if step == 0 else stretch_counts.c
    if step == 0:
        return metre_counts, columns.metre, []
    return stretch_counts, columns.stretch, [columns.step == step]
