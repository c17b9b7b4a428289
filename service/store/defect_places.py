"""What is read of a roll's defects to judge it by: few columns of what may be very many rows."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from inspection.defect import Kind, Severity
from inspection.roll.defect_faults import DefectPlace
from service.store.tables import web_defects

_COLUMNS = web_defects.c
_PLACE = [getattr(_COLUMNS, name) for name in DefectPlace._fields]

_KINDS = {kind.value: kind for kind in Kind}
_SEVERITIES = {severity.value: severity for severity in Severity}


def defect_places(
    connection: Connection, roll_id: str, severities: Sequence[Severity], kind: Kind | None = None
) -> Iterator[DefectPlace]:
    """List a roll's defects of some severities, and of one kind those of every other severity too; in no order."""
    for severity in Severity:
        question = select(*_PLACE).where(_COLUMNS.roll_id == roll_id, _COLUMNS.severity == severity.value)
        if severity in severities:
            yield from _asked(connection, question)
        elif kind is not None:
            yield from _asked(connection, question.where(_COLUMNS.kind == kind.value))


def _asked(connection: Connection, question: Select[*tuple[Any, ...]]) -> Iterator[DefectPlace]:
    for lane, from_mm, to_mm, left_mm, right_mm, severity, kind in connection.execute(question):
        yield DefectPlace(lane or None, from_mm, to_mm, left_mm, right_mm, _SEVERITIES[severity], _KINDS[kind])
