"""Defects of a roll, or of all rolls, by any filter, a page at a time."""

from dataclasses import dataclass
from typing import Literal

from inspection.roll.web_defect import WebDefect
from service.errors import UnknownRoll
from service.rollbook.cursors import cursor_of, place_of
from service.store import reads
from service.store.connection import Connection
from service.store.entries import frame_id
from service.store.web_filters import DefectFilter
from service.store.web_queries import Order, defect_rows, total_of


@dataclass(frozen=True)
class ListedDefect:
    """A defect of the web; `id` is that of its first piece: frame and number."""

    id: str
    roll_id: str
    kind: str
    probability: float
    severity: Literal["minor", "major", "critical"]
    needs_review: bool
    lane: int | None
    from_m: float
    to_m: float
    left_mm: float
    right_mm: float
    length_mm: float
    width_mm: float
    area_mm2: float
    contrast_sigma: float
    pieces: int
    camera_id: str
    found_at: str


@dataclass(frozen=True)
class DefectPage:
    """One page of a list.

    Attributes
    ----------
    defects : list of ListedDefect
    next : str or None
        Cursor of the next page, None on the last. A page may hold fewer than asked for and still have a next one:
        where few of very many fit the filter, so many are looked at for each page and no more.
    total : int or None
        How many fit the filter, where the counts tell it: those of one roll by kind, severity, lane and camera.
    """

    defects: list[ListedDefect]
    next: str | None
    total: int | None = None


def defect_page(
    connection: Connection, asked: DefectFilter, order: Order, limit: int, cursor: str | None = None
) -> DefectPage:
    """Read one page.

    Raises
    ------
    UnknownRoll
        There is no such roll.
    UnusableCursor
        It was not given by this list.
    """
    if asked.roll_id is not None and reads.roll(connection, asked.roll_id) is None:
        raise UnknownRoll(f"expected a roll that was opened or had frames, there is none of the name {asked.roll_id}")
    rows = defect_rows(connection, asked, order, limit, place_of(cursor, asked, order) if cursor else None)
    return DefectPage(
        defects=[listed(roll_id, defect) for roll_id, defect in rows.defects],
        next=cursor_of(rows.after, asked, order) if rows.after else None,
        total=total_of(connection, asked),
    )


def listed(roll_id: str, defect: WebDefect) -> ListedDefect:
    """Tell a defect as lists do: positions in metres to a tenth of a millimetre."""
    return ListedDefect(
        id=defect_id(defect),
        roll_id=roll_id,
        kind=defect.kind.value,
        probability=round(defect.probability, 4),
        severity=defect.severity.value,
        needs_review=defect.needs_review,
        lane=defect.lane,
        from_m=round(defect.from_mm / 1e3, 4),
        to_m=round(defect.to_mm / 1e3, 4),
        left_mm=round(defect.left_mm, 3),
        right_mm=round(defect.right_mm, 3),
        length_mm=round(defect.length_mm, 3),
        width_mm=round(defect.width_mm, 3),
        area_mm2=round(defect.area_mm2, 4),
        contrast_sigma=round(defect.contrast_sigma, 2),
        pieces=defect.pieces,
        camera_id=defect.camera_id,
        found_at=defect.found_at,
    )


def defect_id(defect: WebDefect) -> str:
    """Write a defect's identity as it is told outside."""
    frame, number = defect.identity
    return f"{frame_id(frame)}.{number}"
