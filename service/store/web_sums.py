"""Counts and seen web of many rolls at once, for statistics: sums that triggers keep, single metres where needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, func, select

from service.store.tables import lane_metres, metre_counts, rolls, stretch_counts, web_metres, web_stretches
from service.store.web_counts import STEPS, WHOLE

LONGEST_STEP = STEPS[-1]


@dataclass(frozen=True)
class RollsAsked:
    """Which rolls: one, or those opened in a period, its end excluded; of one product, or of any."""

    roll_id: str | None = None
    since: str | None = None
    until: str | None = None
    product: str | None = None


@dataclass(frozen=True)
class Part:
    """A stretch of web that one camera saw, whole roll or less, and when."""

    roll_id: str
    camera_id: str
    stretch: int
    seen_mm: float
    first_at: str
    last_at: str


Alike = Literal["kind", "lane", "severity", "camera_id"]


def rolls_of(connection: Connection, asked: RollsAsked) -> dict[str, str]:
    """List the rolls, each with when it was opened."""
    question = _of(select(rolls.c.roll_id, rolls.c.opened_at), asked)
    return {row.roll_id: row.opened_at for row in connection.execute(question)}


def counts_by(connection: Connection, asked: RollsAsked, alike: Alike) -> list[tuple[Any, str, int]]:
    """Count defects by what they have in common, and by severity."""
    columns = stretch_counts.c
    name = columns[alike]
    question = _of(select(name, columns.severity, func.sum(columns.count)), asked, columns.roll_id)
    question = question.where(columns.step == WHOLE).group_by(name, columns.severity)
    return [(row[0], row[1], int(row[2])) for row in connection.execute(question)]


def whole_parts(connection: Connection, asked: RollsAsked) -> list[Part]:
    """Tell what each camera saw of each roll as a whole."""
    columns = web_stretches.c
    return _parts(connection, _of(_SEEN.where(columns.step == WHOLE), asked, columns.roll_id))


def whole_counts(connection: Connection, asked: RollsAsked) -> list[tuple[str, str, int, str, int]]:
    """Count defects by roll, camera, part and severity."""
    columns = stretch_counts.c
    return _counts(connection, _of(_counted(columns.stretch), asked, columns.roll_id).where(columns.step == WHOLE))


def long_parts(connection: Connection, roll_id: str) -> list[Part]:
    """Tell what each camera saw of a roll by 64 m."""
    columns = web_stretches.c
    return _parts(connection, _SEEN.where(columns.roll_id == roll_id, columns.step == LONGEST_STEP))


def long_counts(connection: Connection, roll_id: str) -> list[tuple[str, str, int, str, int]]:
    """Count a roll's defects by camera, 64 m and severity."""
    columns = stretch_counts.c
    question = _counted(columns.stretch).where(columns.roll_id == roll_id, columns.step == LONGEST_STEP)
    return _counts(connection, question)


def metre_parts(connection: Connection, roll_id: str, camera_id: str, stretch: int) -> list[Part]:
    """Tell what a camera saw of the metres of 64."""
    columns = web_metres.c
    question = select(
        columns.roll_id, columns.camera_id, columns.metre, columns.seen_mm, columns.first_at, columns.last_at
    )
    question = question.where(columns.roll_id == roll_id, columns.camera_id == camera_id)
    return _parts(connection, question.where(*_metres(columns.metre, stretch)))


def metre_sums(
    connection: Connection, roll_id: str, camera_id: str, stretch: int
) -> list[tuple[str, str, int, str, int]]:
    """Count a camera's defects in the metres of 64, by metre and severity."""
    columns = metre_counts.c
    question = select(columns.roll_id, columns.camera_id, columns.metre, columns.severity, func.sum(columns.count))
    question = question.where(columns.roll_id == roll_id, columns.camera_id == camera_id)
    question = question.where(*_metres(columns.metre, stretch))
    return _counts(connection, question.group_by(*list(question.selected_columns)[:4]))


def lane_widths_mm(connection: Connection, roll_id: str) -> Mapping[int, float]:
    """Tell the mean width of each lane of a roll that was measured."""
    columns = lane_metres.c
    question = select(columns.lane, func.sum(columns.width_mm_sum) / func.sum(columns.width_mm_n))
    question = question.where(columns.roll_id == roll_id, columns.width_mm_n > 0).group_by(columns.lane)
    return {lane: float(width) for lane, width in connection.execute(question)}


_SEEN = select(
    web_stretches.c.roll_id,
    web_stretches.c.camera_id,
    web_stretches.c.stretch,
    web_stretches.c.seen_mm,
    web_stretches.c.first_at,
    web_stretches.c.last_at,
)


def _counted(place: ColumnElement[int]) -> Select[Any]:
    columns = stretch_counts.c
    alike = columns.roll_id, columns.camera_id, place, columns.severity
    return select(*alike, func.sum(columns.count)).group_by(*alike)


def _metres(metre: ColumnElement[int], stretch: int) -> list[ColumnElement[bool]]:
    return [metre >= stretch << LONGEST_STEP, metre < (stretch + 1) << LONGEST_STEP]


def _parts(connection: Connection, question: Select[Any]) -> list[Part]:
    return [Part(*row) for row in connection.execute(question)]


def _counts(connection: Connection, question: Select[Any]) -> list[tuple[str, str, int, str, int]]:
    return [(row[0], row[1], row[2], row[3], int(row[4])) for row in connection.execute(question)]


def _of(question: Select[Any], asked: RollsAsked, roll_id: ColumnElement[str] | None = None) -> Select[Any]:
    """Keep to the rolls that are asked for."""
    if asked.roll_id is not None:
        return question.where((rolls.c.roll_id if roll_id is None else roll_id) == asked.roll_id)
    if roll_id is not None:
        question = question.join(rolls, rolls.c.roll_id == roll_id)
    bounds = (
        (asked.since, rolls.c.opened_at.__ge__),
        (asked.until, rolls.c.opened_at.__lt__),
        (asked.product, rolls.c.product.__eq__),
    )
    return question.where(*(condition(value) for value, condition in bounds if value is not None))
