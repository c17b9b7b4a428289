"""What is read of a roll's web: its defects, each once, and what was seen of it by metre."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, LargeBinary, Row, func, select

from inspection.defect import Kind, Severity
from inspection.roll.web_defect import WebDefect
from service.store.tables import crops, defects, splices, web_defects, web_metres

_AT_A_TIME = 2000
_CROP_BYTES = 64 * 64

_OF_THE_STORE = {"roll_id", "largest_frame", "largest_number", "worst_severity", "doubtful"}
"""By what a defect is found and kept up to date; no part of it."""


@dataclass(frozen=True)
class WebMetre:
    """What one camera saw of one metre of web; see the table `web_metres`."""

    camera_id: str
    metre: int
    frames: int
    seen_mm: float
    held_mm: float
    first_at: str
    last_at: str


def defects_along(connection: Connection, roll_id: str, *where: Any) -> Iterator[WebDefect]:
    """Walk a roll's defects along the web.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    *where
        Further conditions on columns of `web_defects`.
    """
    columns = web_defects.c
    question = select(web_defects).where(columns.roll_id == roll_id, *where)
    question = question.order_by(columns.from_mm, columns.frame, columns.number)
    # In one statement, so that all is of one moment; psycopg has no cursor on the server outside a transaction.
    rows = connection.execute(question).yield_per(_AT_A_TIME)
    return (web_defect(row) for row in rows)


def web_defect(row: Row[*tuple[Any, ...]]) -> WebDefect:
    """Make a defect of a row of `web_defects`."""
    told = {name: value for name, value in row._mapping.items() if name not in _OF_THE_STORE}
    return WebDefect(
        identity=(told.pop("frame"), told.pop("number")),
        kind=Kind(told.pop("kind")),
        severity=Severity(told.pop("severity")),
        lane=told.pop("lane") or None,
        **told,
    )


def splices_of(connection: Connection, roll_id: str) -> list[tuple[float, float]]:
    """List where a roll's splices begin and end, in mm along the web; what two cameras saw is there twice."""
    columns = splices.c
    question = select(columns.from_mm, columns.to_mm).where(columns.roll_id == roll_id).order_by(columns.from_mm)
    return [(row.from_mm, row.to_mm) for row in connection.execute(question)]


def metres_of(connection: Connection, roll_id: str) -> list[WebMetre]:
    """List what was seen of a roll, by camera and metre."""
    columns = [column for column in web_metres.columns if column.name != "roll_id"]
    question = select(*columns).where(web_metres.c.roll_id == roll_id)
    question = question.order_by(web_metres.c.camera_id, web_metres.c.metre)
    return [WebMetre(**row._mapping) for row in connection.execute(question)]


def crop_of(connection: Connection, frame: int, number: int) -> bytes | None:
    """Return the 64 x 64 grey pixels of a frame's defect, row by row; None where they are not kept or it has none."""
    there = select(defects.c.number).where(defects.c.frame == frame, defects.c.number == number).exists()
    picture = func.substr(crops.c.pictures, 1 + (number - 1) * _CROP_BYTES, _CROP_BYTES, type_=LargeBinary)
    found = connection.scalar(select(picture).where(crops.c.frame == frame, there))
    return bytes(found) if found is not None and len(found) == _CROP_BYTES else None
