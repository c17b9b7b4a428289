"""Which defects of the web are asked for."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement

from inspection.defect import EVENT_KINDS, Kind, Severity
from service.store.tables import web_defects

DEFECT_KINDS: Final = tuple(kind for kind in Kind if kind not in EVENT_KINDS)
WORST_FIRST: Final = tuple(reversed(Severity))


@dataclass(frozen=True)
class DefectFilter:
    """What defects must be; what is empty or None asks nothing.

    Attributes
    ----------
    roll_id : str or None
    kinds, severities : tuple
    lanes : tuple of int
        0 is bare foil.
    camera_ids : tuple of str
        Of the defect's largest piece.
    needs_review : bool or None
    from_mm, to_mm : float or None
        Where they begin along the web, the end excluded.
    left_mm, right_mm : float or None
        Stretch across the web that they reach into.
    least_mm2, most_mm2 : float or None
        Area.
    least_mm, most_mm : float or None
        Length along the web.
    since, until : str or None
        When they were found, as the store keeps moments; the end excluded.
    """

    roll_id: str | None = None
    kinds: tuple[Kind, ...] = ()
    severities: tuple[Severity, ...] = ()
    lanes: tuple[int, ...] = ()
    camera_ids: tuple[str, ...] = ()
    needs_review: bool | None = None
    from_mm: float | None = None
    to_mm: float | None = None
    left_mm: float | None = None
    right_mm: float | None = None
    least_mm2: float | None = None
    most_mm2: float | None = None
    least_mm: float | None = None
    most_mm: float | None = None
    since: str | None = None
    until: str | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it asks only for what the counts tell apart."""
        return not (along(self) or moments(self) or measures(self))


def along(asked: DefectFilter) -> list[ColumnElement[bool]]:
    """Conditions on where they begin."""
    column = web_defects.c.from_mm
    return _some((asked.from_mm, column.__ge__), (asked.to_mm, column.__lt__))


def moments(asked: DefectFilter) -> list[ColumnElement[bool]]:
    """Conditions on when they were found."""
    column = web_defects.c.found_at
    return _some((asked.since, column.__ge__), (asked.until, column.__lt__))


def places(asked: DefectFilter) -> list[ColumnElement[bool]]:
    """Conditions on lane and camera."""
    columns = web_defects.c
    return _some((asked.lanes or None, columns.lane.in_), (asked.camera_ids or None, columns.camera_id.in_))


def measures(asked: DefectFilter) -> list[ColumnElement[bool]]:
    """Conditions on what no index and no count knows."""
    columns = web_defects.c
    length = columns.to_mm - columns.from_mm
    return _some(
        (asked.needs_review, columns.needs_review.is_),
        (asked.left_mm, columns.right_mm.__gt__),
        (asked.right_mm, columns.left_mm.__lt__),
        (asked.least_mm2, columns.area_mm2.__ge__),
        (asked.most_mm2, columns.area_mm2.__le__),
        (asked.least_mm, length.__ge__),
        (asked.most_mm, length.__le__),
    )


def _some(*asked: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    return [condition(value) for value, condition in asked if value is not None]
