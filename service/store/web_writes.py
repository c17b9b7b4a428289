"""What a frame changes of its roll's web: defects counted once, their counts, splices, and how much of it was seen.

The statements are compiled once and handed to the driver's own cursor, see `statements`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import floor
from typing import Any, TypeAlias

from sqlalchemy import Column, Table, and_, bindparam, case, delete, insert, literal_column, update
from sqlalchemy.sql import ClauseElement

from inspection.defect import Kind
from inspection.roll.changes import Changes, Kept
from inspection.roll.gathered import Gathered
from inspection.roll.web_defect import PieceId, WebDefect
from inspection.verdict import Verdict
from service.store.entries import FrameEntry, stamp
from service.store.statements import DriverCursor, InsertInto, compiled
from service.store.tables import metre_counts, seam_pieces, splices, web_defects, web_metres

METRE_MM = 1000

_Row: TypeAlias = tuple[Any, ...]


def _all(table: Table) -> dict[str, Any]:
    return {column.name: bindparam(column.name) for column in table.columns}


def _is(*columns: Column[Any]) -> Any:
    """A condition whose values stand in the columns' order."""
    return and_(*(column == bindparam(f"is_{column.name}") for column in columns))


def _change_defect(_: InsertInto) -> ClauseElement:
    named = web_defects.c.frame, web_defects.c.number
    rest = [column.name for column in web_defects.columns if column.name not in ("frame", "number", "roll_id")]
    return update(web_defects).values({name: bindparam(name) for name in rest}).where(_is(*named))


def _keep_piece(insert: InsertInto) -> ClauseElement:
    more = insert(seam_pieces).values(_all(seam_pieces))
    otherwise = {name: more.excluded[name] for name in ("seen_twice", "web_frame", "web_number")}
    return more.on_conflict_do_update(index_elements=list(seam_pieces.primary_key.columns), set_=otherwise)


def _move_pieces(_: InsertInto) -> ClauseElement:
    columns = seam_pieces.c
    moved: dict[str, Any] = {"web_frame": bindparam("to_frame"), "web_number": bindparam("to_number")}
    return update(seam_pieces).values(moved).where(_is(columns.web_frame, columns.web_number))


def _count(insert: InsertInto) -> ClauseElement:
    more = insert(metre_counts).values(_all(metre_counts))
    counted = {"count": metre_counts.c.count + more.excluded.count}
    return more.on_conflict_do_update(index_elements=list(metre_counts.primary_key.columns), set_=counted)


def _see(insert: InsertInto) -> ClauseElement:
    more, there = insert(web_metres).values(_all(web_metres)), web_metres.c
    new = more.excluded
    seen = {name: there[name] + new[name] for name in ("frames", "seen_mm", "held_mm")}
    first_at = case((new.first_at < there.first_at, new.first_at), else_=there.first_at)
    last_at = case((new.last_at > there.last_at, new.last_at), else_=there.last_at)
    keys = list(web_metres.primary_key.columns)
    return more.on_conflict_do_update(index_elements=keys, set_=seen | {"first_at": first_at, "last_at": last_at})


_NEW_DEFECT = compiled(lambda _: insert(web_defects).values(_all(web_defects)))
_CHANGED_DEFECT = compiled(_change_defect)
_GONE_DEFECT = compiled(lambda _: delete(web_defects).where(_is(web_defects.c.frame, web_defects.c.number)))
_PIECE, _MOVED, _COUNT, _SEEN = (compiled(make) for make in (_keep_piece, _move_pieces, _count, _see))
_NONE_LEFT = compiled(
    lambda _: delete(metre_counts).where(
        _is(*metre_counts.primary_key.columns), metre_counts.c.count <= literal_column("0")
    )
)
_SPLICE = compiled(lambda _: insert(splices).values(_all(splices)))


def write_web(cursor: DriverCursor, entry: FrameEntry, changes: Changes) -> None:
    """Keep what a frame changed of its roll's web."""
    cursor.executemany(_SEEN, _seen_rows(entry))
    if changes.changed or changes.replaced:
        _write_defects(cursor, entry.key.roll_id, changes)
        _write_counts(cursor, entry.key.roll_id, changes)
    if changes.kept:
        cursor.executemany(_PIECE, [_piece_row(kept, entry.key.roll_id) for kept in changes.kept])
    if entry.record.events and (rows := _splice_rows(entry)):
        cursor.executemany(_SPLICE, rows)


def _write_defects(cursor: DriverCursor, roll_id: str, changes: Changes) -> None:
    known = {defect.identity for defect in changes.replaced}
    wholes = {whole.identity: whole for whole in changes.wholes}
    new = [_defect_row(told, roll_id, wholes) for told in changes.changed if told.identity not in known]
    same = [_change_row(told, wholes) for told in changes.changed if told.identity in known]
    moved = [(*into, *gone) for gone, into in changes.moved]
    for statement, rows in (
        (_GONE_DEFECT, list(changes.gone)),
        (_NEW_DEFECT, new),
        (_CHANGED_DEFECT, same),
        (_MOVED, moved),
    ):
        if rows:
            cursor.executemany(statement, rows)


def _defect_row(told: WebDefect, roll_id: str, wholes: dict[PieceId, Gathered]) -> _Row:
    return (*told.identity, roll_id, *_change_row(told, wholes)[:-2])


def _change_row(told: WebDefect, wholes: dict[PieceId, Gathered]) -> _Row:
    whole = wholes.get(told.identity)
    of_pieces = (*whole.largest.identity, whole.worst.value, whole.needs_review) if whole else (None,) * 4
    return (
        told.camera_id,
        told.kind.value,
        told.probability,
        told.severity.value,
        told.needs_review,
        told.lane or 0,
        told.from_mm,
        told.to_mm,
        told.left_mm,
        told.right_mm,
        told.area_mm2,
        told.contrast_sigma,
        told.pieces,
        told.found_at,
        *of_pieces,
        *told.identity,
    )


def _piece_row(kept: Kept, roll_id: str) -> _Row:
    piece = kept.piece
    return (
        *piece.identity,
        roll_id,
        piece.camera_id,
        piece.side,
        piece.kind.value,
        piece.probability,
        piece.severity.value,
        piece.needs_review,
        piece.lane or 0,
        piece.from_mm,
        piece.to_mm,
        piece.left_mm,
        piece.right_mm,
        piece.area_mm2,
        piece.contrast_sigma,
        piece.found_at,
        piece.at_top,
        piece.at_bottom,
        kept.seen_twice,
        *kept.web,
    )


def _write_counts(cursor: DriverCursor, roll_id: str, changes: Changes) -> None:
    counts = _places(changes.changed)
    counts.subtract(_places(changes.replaced))
    if rows := [(roll_id, *place, count) for place, count in counts.items() if count]:
        cursor.executemany(_COUNT, rows)
    if fewer := [row[:-1] for row in rows if row[-1] < 0]:
        cursor.executemany(_NONE_LEFT, fewer)


def _places(defects: Iterable[WebDefect]) -> Counter[tuple[str, int, int, str, str]]:
    """Count by camera, metre in which they begin, lane, kind and severity; lane 0 is bare foil."""
    return Counter(
        (told.camera_id, floor(told.from_mm / METRE_MM), told.lane or 0, told.kind.value, told.severity.value)
        for told in defects
    )


def _splice_rows(entry: FrameEntry) -> list[_Row]:
    key = entry.key
    found = ((n, event) for n, event in enumerate(entry.record.events, 1) if event.kind is Kind.SPLICE)
    return [
        (
            entry.number,
            number,
            key.roll_id,
            key.camera_id,
            event.down_mm - event.length_mm / 2,
            event.down_mm + event.length_mm / 2,
        )
        for number, event in found
    ]


def _seen_rows(entry: FrameEntry) -> Sequence[_Row]:
    """One row for each metre that the frame shows some of."""
    key, at = entry.key, stamp(entry.received_at)
    from_mm, to_mm, held = entry.position_mm, entry.position_mm + entry.length_mm, entry.record.verdict is Verdict.HOLD
    first = floor(from_mm / METRE_MM)
    rows = []
    for metre in range(first, max(-floor(-to_mm / METRE_MM), first + 1)):
        seen_mm = max(min(to_mm, (metre + 1) * METRE_MM) - max(from_mm, metre * METRE_MM), 0.0)
        rows.append((key.roll_id, key.camera_id, metre, int(metre == first), seen_mm, seen_mm * held, at, at))
    return rows
