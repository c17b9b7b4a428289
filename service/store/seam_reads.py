"""What joining must know again of a roll: how it is joined, and pieces with the defects that they belong to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, func, select, tuple_

from inspection.defect import Kind, Severity
from inspection.recipe import Recipe, default_recipe, parse_recipe
from inspection.roll.changes import Kept, Whole
from inspection.roll.gathered import Gathered
from inspection.roll.pieces import Piece
from inspection.roll.seams import Seams
from inspection.roll.web_defect import PieceId
from service.store.tables import rolls, seam_pieces, splices, web_defects
from service.store.webs import web_defect

_MOST_AT_ONCE = 4000
"""Pieces of a stretch that are brought back, the latest ones: there are more only where positions stand still."""

_NAMED_AT_ONCE = 500

_PIECE, _WEB = seam_pieces.c, web_defects.c
_ALONG = (
    select(seam_pieces)
    .where(
        _PIECE.roll_id == bindparam("roll"),
        _PIECE.from_mm >= bindparam("first_mm"),
        _PIECE.from_mm < bindparam("high_mm"),
        _PIECE.to_mm >= bindparam("low_mm"),
    )
    .order_by(_PIECE.frame.desc(), _PIECE.number)
    .limit(_MOST_AT_ONCE)
)
_OF_DEFECT = select(seam_pieces).where(
    _PIECE.web_frame == bindparam("of_frame"), _PIECE.web_number == bindparam("of_number")
)
_NAMED: BindParameter[Any] = bindparam("named", expanding=True)
_DEFECTS = select(web_defects).where(tuple_(_WEB.frame, _WEB.number).in_(_NAMED))
_PIECES = select(seam_pieces).where(tuple_(_PIECE.frame, _PIECE.number).in_(_NAMED))

_OF_THE_STORE = {"frame", "number", "roll_id", "seen_twice", "web_frame", "web_number"}


def rules_of(connection: Connection, roll_id: str) -> Recipe:
    """Return the recipe that a roll was opened with; the default one where nobody opened it.

    Raises
    ------
    RecipeError
        It cannot be read by this release.
    """
    row = connection.execute(select(rolls.c.recipe_text, rolls.c.recipe_name).filter_by(roll_id=roll_id)).one_or_none()
    if row is None or row.recipe_text is None:
        return default_recipe()
    return parse_recipe(row.recipe_text, f"recipe {row.recipe_name}")


def begun_seams(connection: Connection, roll_id: str, rules: Recipe) -> Seams:
    """Begin to join a roll's pieces, or go on where others ended: no piece is in sight yet."""
    middle = (splices.c.from_mm + splices.c.to_mm) / 2
    middles = connection.scalars(select(middle).where(splices.c.roll_id == roll_id, splices.c.parts_web))
    length = func.max(_PIECE.to_mm - _PIECE.from_mm)
    longest_mm = connection.scalar(select(length).where(_PIECE.roll_id == roll_id))
    return Seams(rules.joining, rules.verdict, [float(mm) for mm in middles], longest_mm or 0.0)


def bring_stretch(connection: Connection, roll_id: str, seams: Seams, stretch_mm: tuple[float, float]) -> None:
    """Bring every piece into sight that a stretch of the roll shows some of."""
    low_mm, high_mm = stretch_mm
    told = {"roll": roll_id, "first_mm": low_mm - seams.longest_mm, "low_mm": low_mm, "high_mm": high_mm}
    _bring(connection, seams, connection.execute(_ALONG, told).all())


def bring_defect(connection: Connection, seams: Seams, defect: PieceId) -> None:
    """Bring every piece of a defect into sight."""
    _bring(connection, seams, connection.execute(_OF_DEFECT, _named(defect)).all())


def _bring(connection: Connection, seams: Seams, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
    kept = [Kept(_piece(row._mapping), (row.web_frame, row.web_number), row.seen_twice) for row in rows]
    unknown = {web for _, web, _ in kept if not seams.knows(web)}
    seams.restore(kept, _wholes(connection, list(unknown)))


def _wholes(connection: Connection, defects: Sequence[PieceId]) -> dict[PieceId, Whole]:
    rows = list(_each(connection, _DEFECTS, defects))
    pieces = (_piece(row._mapping) for row in _each(connection, _PIECES, [_largest(row) for row in rows]))
    by_name = {piece.identity: piece for piece in pieces}
    return {(row.frame, row.number): _whole(row, by_name[_largest(row)]) for row in rows}


def _each(
    connection: Connection, question: Select[Any], identities: Sequence[PieceId]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Ask of many at once: to ask of each by itself takes half a second where defects lie close."""
    for begin in range(0, len(identities), _NAMED_AT_ONCE):
        yield from connection.execute(question, {"named": identities[begin : begin + _NAMED_AT_ONCE]})


def _largest(row: Row[*tuple[Any, ...]]) -> PieceId:
    """The largest piece of a defect, which of many is its only one."""
    return (row.frame, row.number) if row.largest_frame is None else (row.largest_frame, row.largest_number)


def _whole(row: Row[*tuple[Any, ...]], largest: Piece) -> Whole:
    told = web_defect(row)
    if row.largest_frame is None:
        return Whole(Gathered.of(largest), told)
    gathered = Gathered(
        identity=told.identity,
        largest=largest,
        worst=Severity(row.worst_severity),
        needs_review=row.doubtful,
        from_mm=told.from_mm,
        to_mm=told.to_mm,
        left_mm=told.left_mm,
        right_mm=told.right_mm,
        area_mm2=told.area_mm2,
        pieces=told.pieces,
        found_at=told.found_at,
    )
    return Whole(gathered, told)


def _named(identity: PieceId) -> dict[str, int]:
    return {"of_frame": identity[0], "of_number": identity[1]}


def _piece(row: Mapping[Any, Any]) -> Piece:
    told = {name: value for name, value in row.items() if name not in _OF_THE_STORE}
    return Piece(
        identity=(row["frame"], row["number"]),
        kind=Kind(told.pop("kind")),
        severity=Severity(told.pop("severity")),
        lane=told.pop("lane") or None,
        joinable=True,
        **told,
    )
