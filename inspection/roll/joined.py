"""Joined: the defects of a roll in memory, each counted once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import TypeAlias

from inspection.defect import Kind, Severity
from inspection.roll.changes import Changes
from inspection.roll.gathered import Gathered, alone
from inspection.roll.joining import JoiningSettings
from inspection.roll.pieces import Piece, Splice
from inspection.roll.seams import Seams
from inspection.roll.web_defect import PieceId, WebDefect
from inspection.verdict import VerdictSettings

JudgedPieces: TypeAlias = Mapping[PieceId, tuple[Severity, bool]]
"""Pieces that other limits judge otherwise: how severe each is, and whether it needs a review."""


class Joined:
    """The defects of one roll; frames may be added in any order.

        joined = Joined(recipe.joining, recipe.verdict)
        for record, origin in frames:
            joined.add(pieces_of(record, origin, recipe.joining.overlap_mm), splices_of(record, origin.view))
        joined.defects()

    Parameters
    ----------
    joining : JoiningSettings
    verdict : VerdictSettings
    """

    def __init__(self, joining: JoiningSettings, verdict: VerdictSettings) -> None:
        self._verdict = verdict
        self._seams = Seams(joining, verdict)
        self._alone: list[tuple[WebDefect, Piece]] = []

    def add(self, pieces: Iterable[Piece], splices: Iterable[Splice] = ()) -> Changes:
        """Take in a frame's pieces and splices, and tell what that changes."""
        pieces = list(pieces)
        lone = [(alone(piece, self._verdict), piece) for piece in pieces if not piece.joinable]
        self._alone += lone
        changes = self._seams.take((piece for piece in pieces if piece.joinable), splices)
        return replace(changes, changed=(*(defect for defect, _ in lone), *changes.changed))

    def defects(self) -> list[WebDefect]:
        """List the defects along the web."""
        return _along(chain((defect for defect, _ in self._alone), self._seams.defects()))

    def judged_by(self, verdict: VerdictSettings, judged: JudgedPieces) -> list[WebDefect]:
        """List the defects along the web as other limits judge them; what belongs together stays together.

        Parameters
        ----------
        verdict : VerdictSettings
        judged : mapping of identity to (Severity, bool)
            How these limits judge the pieces that they judge otherwise; the others stay as they were told.
        """
        otherwise = {kind for kind, rule in verdict.kinds.items() if self._verdict.kinds.get(kind) != rule}
        everything = chain(((one, Gathered.of(piece), [piece]) for one, piece in self._alone), self._seams.gathered())
        return _along(self._judged(everything, verdict, judged, otherwise))

    @staticmethod
    def _judged(
        told: Iterable[tuple[WebDefect, Gathered, Sequence[Piece]]],
        verdict: VerdictSettings,
        judged: JudgedPieces,
        otherwise: set[Kind],
    ) -> Iterator[WebDefect]:
        for defect, gathered, pieces in told:
            if defect.kind in otherwise or any(piece.identity in judged for piece in pieces):
                anew = (judged.get(piece.identity, (piece.severity, piece.needs_review)) for piece in pieces)
                yield gathered.judged_as(anew).defect(verdict)
            else:
                yield defect


def _along(defects: Iterable[WebDefect]) -> list[WebDefect]:
    return sorted(defects, key=attrgetter("from_mm", "identity"))
