"""Changes: what a frame's pieces make of the defects that were told before."""

from dataclasses import dataclass
from typing import NamedTuple

from inspection.roll.gathered import Gathered
from inspection.roll.pieces import Piece
from inspection.roll.web_defect import PieceId, WebDefect


class Kept(NamedTuple):
    """A piece, the defect that it belongs to, and whether its place counts with another camera's piece."""

    piece: Piece
    web: PieceId
    seen_twice: bool


class Whole(NamedTuple):
    """A defect of several pieces as it was told, and what it was told from."""

    gathered: Gathered
    told: WebDefect


@dataclass(frozen=True)
class Changes:
    """What pieces and splices changed.

    Attributes
    ----------
    changed : tuple of WebDefect
        New ones, and those that are otherwise than before.
    replaced : tuple of WebDefect
        The same as they were, and those that went into another one or fell apart.
    moved : tuple of (old, new)
        Identities of defects whose pieces all belong to another one now.
    kept : tuple of Kept
        Pieces that are new, or belong elsewhere, or whose area counts no longer.
    wholes : tuple of Gathered
        What the changed ones that have several pieces are told from.
    """

    changed: tuple[WebDefect, ...]
    replaced: tuple[WebDefect, ...] = ()
    moved: tuple[tuple[PieceId, PieceId], ...] = ()
    kept: tuple[Kept, ...] = ()
    wholes: tuple[Gathered, ...] = ()

    @property
    def gone(self) -> set[PieceId]:
        """Identities that are no more."""
        return {defect.identity for defect in self.replaced} - {defect.identity for defect in self.changed}
