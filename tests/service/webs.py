"""Defects of a web, kept as the station's writer would keep them."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert

from inspection.defect import Kind, Severity
from inspection.roll.web_defect import WebDefect
from service.store.tables import web_defects


def mark(number: int, down_mm: float, cross_mm: float = 40.0, *, kind: Kind = Kind.PINHOLE, length_mm: float = 0.4):
    return WebDefect(
        identity=(number, 1), kind=kind, probability=0.9, severity=Severity.MINOR, needs_review=False, lane=1,
        from_mm=down_mm - length_mm / 2, to_mm=down_mm + length_mm / 2, left_mm=cross_mm - 0.2,
        right_mm=cross_mm + 0.2, area_mm2=0.1, contrast_sigma=8.0, pieces=1, camera_id="cam-1", found_at="2030",
    )  # fmt: skip


def marks(pitch_mm: float, turns: int, first: int = 1) -> list[WebDefect]:
    return [mark(first + turn, 60.0 + turn * pitch_mm) for turn in range(turns)]


def write_web(connection: Connection, defects: Iterable[WebDefect], roll_id: str = "R1") -> None:
    for defect in defects:
        row = {
            "frame": defect.identity[0],
            "number": defect.identity[1],
            "roll_id": roll_id,
            "lane": defect.lane or 0,
            "kind": defect.kind.value,
            "severity": defect.severity.value,
        }
        same = {
            name: getattr(defect, name)
            for name in (
                "camera_id", "probability", "needs_review", "from_mm", "to_mm", "left_mm", "right_mm", "area_mm2",
                "contrast_sigma", "pieces", "found_at",
            )
        }  # fmt: skip
        connection.execute(insert(web_defects), row | same)
