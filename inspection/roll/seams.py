"""Seams: the pieces of a roll that may go on elsewhere, joined as they come.

What a piece belongs to is looked up in cells of web around it, and its group takes it in by sums and extremes:
neither takes longer the longer the roll or the streak has become. A splice that comes late, after a line was joined
across it, has the pieces of that line joined anew.
"""

import math
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

from inspection.roll.changes import Changes, Kept, Whole
from inspection.roll.gathered import Gathered
from inspection.roll.joining import JoiningSettings, belong_together, is_same_place, repeats
from inspection.roll.pieces import Piece, Splice
from inspection.roll.web_defect import PieceId, WebDefect
from inspection.verdict import VerdictSettings

_CELL_DOWN_MM = 100.0
_CELL_CROSS_MM = 20.0

_ROUNDING_MM = 1e-3
"""At the very limit a sum is rounded otherwise than the difference that decides."""

_MOST_IN_CELL = 600
"""Where positions stand still while frames go on, a cell would fill for ever: only the latest are looked at."""


class _Extent(NamedTuple):
    from_mm: float
    to_mm: float
    left_mm: float
    right_mm: float


@dataclass(eq=False, slots=True)
class _Group:
    """Pieces in sight that belong together, and as what defects they were told before."""

    gathered: Gathered
    places: "list[_Place]"
    before: list[WebDefect] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Place:
    piece: Piece
    group: _Group
    seen_twice: bool = False


@dataclass(eq=False, slots=True)
class _Work:
    """What one round has touched."""

    groups: dict[int, _Group] = field(default_factory=dict)
    places: dict[PieceId, _Place] = field(default_factory=dict)
    fell_apart: list[WebDefect] = field(default_factory=list)

    def touch(self, group: _Group) -> None:
        self.groups[id(group)] = group


class Seams:
    """Joins pieces as they come, in any order.

    Parameters
    ----------
    joining : JoiningSettings
    verdict : VerdictSettings
    splices : sequence of float
        Middles of the splices that are known, along the web in mm.
    longest_mm : float
        Length of the longest piece that may be restored.

    Attributes
    ----------
    longest_mm : float
        Of any piece so far.
    """

    def __init__(
        self,
        joining: JoiningSettings,
        verdict: VerdictSettings,
        splices: Sequence[float] = (),
        longest_mm: float = 0.0,
    ) -> None:
        self._joining, self._verdict, self._splices = joining, verdict, sorted(splices)
        self._cells: dict[int, dict[int, list[_Place]]] = {}
        self._places: dict[PieceId, _Place] = {}
        self._groups: dict[PieceId, _Group] = {}
        self.longest_mm = longest_mm

    def __len__(self) -> int:
        """Pieces in sight."""
        return len(self._places)

    def emptied(self) -> "Seams":
        """Begin anew with no piece in sight; what is known of the whole roll stays known."""
        return Seams(self._joining, self._verdict, self._splices, self.longest_mm)

    def take(self, pieces: Iterable[Piece], splices: Iterable[Splice] = ()) -> Changes:
        """Take in what a frame shows, and tell what that changes.

        Parameters
        ----------
        pieces : iterable of Piece
            Joinable ones; those in sight already change nothing.
        splices : iterable of Splice
        """
        work = _Work()
        for splice in splices:
            self._part(splice.down_mm, work)
        for piece in pieces:
            if piece.identity not in self._places:
                self._add(piece, work)
        return self._told(work)

    def defects(self) -> Iterator[WebDefect]:
        """Walk what all pieces in sight were told as."""
        return (defect for group in self._groups.values() for defect in group.before)

    def gathered(self) -> Iterator[tuple[WebDefect, Gathered, list[Piece]]]:
        """Walk the defects that all pieces in sight make, each with what it was told from."""
        for group in self._groups.values():
            pieces = [place.piece for place in group.places]
            yield from ((defect, group.gathered, pieces) for defect in group.before)

    def restore(self, kept: Iterable[Kept], wholes: dict[PieceId, Whole]) -> None:
        """Bring pieces back into sight as they were joined before.

        Parameters
        ----------
        kept : iterable of Kept
            Those in sight already stay as they are.
        wholes : dict of identity to Whole
            The defects among theirs that are not in sight.
        """
        for piece, web, seen_twice in kept:
            if piece.identity in self._places:
                continue
            if web not in self._groups:
                self._groups[web] = _Group(wholes[web].gathered, [], [wholes[web].told])
            place = _Place(piece, self._groups[web], seen_twice)
            place.group.places.append(place)
            self._put(place)

    def knows(self, web: PieceId) -> bool:
        """Whether a defect has a piece in sight."""
        return web in self._groups

    def spanning(self, down_mm: float) -> list[PieceId]:
        """List the defects that a splice at that place may part; all of their pieces must be in sight when it comes."""
        return [group.gathered.identity for group in self._spanning(down_mm)]

    def reach_mm(self, from_mm: float, to_mm: float) -> tuple[float, float]:
        """Tell how far along the web around a stretch everything must be in sight that may belong to it."""
        reach = self._joining.bridge_mm + self._joining.aside_mm + self.longest_mm
        return from_mm - reach, to_mm + reach

    def _add(self, piece: Piece, work: _Work) -> None:
        place = _Place(piece, _Group(Gathered.of(piece), []))
        place.group.places.append(place)
        self._groups[piece.identity] = place.group
        work.places[piece.identity] = place
        work.touch(place.group)
        others = [other for other in self._near(piece) if self._together(piece, other.piece)]
        self._put(place)
        for other in others:
            self._unite(place.group, other.group, work)
        for other in others:
            if is_same_place(piece, other.piece, self._joining):
                self._count_once(place, other, work)

    def _together(self, one: Piece, other: Piece) -> bool:
        return belong_together(one, other, self._splices, self._joining)

    def _unite(self, one: _Group, other: _Group, work: _Work) -> None:
        """Make one group of two; only the pieces of the one with fewer in sight have to be told."""
        if one is other:
            return
        into, gone = (one, other) if len(one.places) > len(other.places) else (other, one)
        for group in (into, gone):
            del self._groups[group.gathered.identity]
        for place in gone.places:
            place.group = into
        into.places += gone.places
        into.before += gone.before
        into.gathered = into.gathered.plus(gone.gathered)
        self._groups[into.gathered.identity] = into
        work.groups.pop(id(gone), None)
        work.touch(into)

    def _count_once(self, one: _Place, other: _Place, work: _Work) -> None:
        again = one if repeats(one.piece, other.piece) else other
        if not again.seen_twice:
            again.seen_twice = True
            again.group.gathered = again.group.gathered.without_area_of(again.piece)
            work.places[again.piece.identity] = again

    def _part(self, down_mm: float, work: _Work) -> None:
        """Join anew what was joined across a place before it was known that a splice lies there."""
        groups = self._spanning(down_mm)
        insort(self._splices, down_mm)
        for group in groups:
            work.fell_apart += group.before
            work.groups.pop(id(group), None)
            del self._groups[group.gathered.identity]
            for place in group.places:
                self._take_out(place)
        for group in groups:
            for place in group.places:
                self._add(place.piece, work)

    def _spanning(self, down_mm: float) -> list[_Group]:
        """List groups with pieces on both sides of a place, near enough to be joined across it."""
        low, high = self.reach_mm(down_mm, down_mm)
        rows = (self._cells.get(row, {}) for row in _cells(low, high, _CELL_DOWN_MM))
        sides: dict[int, tuple[_Group, set[bool]]] = {}
        for place in (place for cells in rows for cell in cells.values() for place in cell):
            # As in `joining`: a middle at the very place of the splice lies before it.
            sides.setdefault(id(place.group), (place.group, set()))[1].add(place.piece.down_mm <= down_mm)
        return [group for group, found in sides.values() if len(found) > 1]

    def _near(self, piece: Piece) -> list[_Place]:
        around = _around(piece, self._joining)
        rows, columns = _cells(around.from_mm, around.to_mm, _CELL_DOWN_MM), _cells(*around[2:], _CELL_CROSS_MM)
        found: dict[int, _Place] = {}
        for cells in filter(None, map(self._cells.get, rows)):
            for column in columns:
                places = cells.get(column, ())[-_MOST_IN_CELL:]
                # A frame full of spots has hundreds in a cell: to compare each with each would hold up the line.
                found.update((id(place), place) for place in places if _reaches(place.piece, around))
        return list(found.values())

    def _put(self, place: _Place) -> None:
        piece = place.piece
        self._places[piece.identity] = place
        self.longest_mm = max(self.longest_mm, piece.to_mm - piece.from_mm)
        for row, column in _cells_of(piece):
            self._cells.setdefault(row, {}).setdefault(column, []).append(place)

    def _take_out(self, place: _Place) -> None:
        del self._places[place.piece.identity]
        for row, column in _cells_of(place.piece):
            self._cells[row][column].remove(place)

    def _told(self, work: _Work) -> Changes:
        changed, replaced, moved, wholes = [], work.fell_apart, [], []
        for group in work.groups.values():
            defect = group.gathered.defect(self._verdict)
            changed.append(defect)
            replaced += group.before
            moved += [(old.identity, defect.identity) for old in group.before if old.identity != defect.identity]
            wholes += [group.gathered] if group.gathered.pieces > 1 else []
            group.before = [defect]
        kept = (Kept(place.piece, place.group.gathered.identity, place.seen_twice) for place in work.places.values())
        return Changes(tuple(changed), tuple(replaced), tuple(moved), tuple(kept), tuple(wholes))


def _around(piece: Piece, joining: JoiningSettings) -> _Extent:
    """Where everything lies that may belong to a piece."""
    along_mm, aside_mm = joining.reach_mm(piece) + _ROUNDING_MM, joining.aside_mm + _ROUNDING_MM
    return _Extent(
        piece.from_mm - along_mm, piece.to_mm + along_mm, piece.left_mm - aside_mm, piece.right_mm + aside_mm
    )


def _reaches(piece: Piece, into: _Extent) -> bool:
    return (
        piece.from_mm <= into.to_mm
        and piece.to_mm >= into.from_mm
        and piece.left_mm <= into.right_mm
        and piece.right_mm >= into.left_mm
    )


def _cells_of(piece: Piece) -> Iterator[tuple[int, int]]:
    return product(
        _cells(piece.from_mm, piece.to_mm, _CELL_DOWN_MM), _cells(piece.left_mm, piece.right_mm, _CELL_CROSS_MM)
    )


def _cells(low_mm: float, high_mm: float, size_mm: float) -> range:
    return range(math.floor(low_mm / size_mm), math.floor(high_mm / size_mm) + 1)
