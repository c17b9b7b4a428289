"""Joined: the defects of a roll in memory, each counted once."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from inspection.roll.changes import Changes
from inspection.roll.gathered import alone
from inspection.roll.joining import JoiningSettings
from inspection.roll.pieces import Piece, Splice
from inspection.roll.seams import Seams
from inspection.roll.web_defect import WebDefect
from inspection.verdict import VerdictSettings


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
        self._alone: list[WebDefect] = []

    def add(self, pieces: Iterable[Piece], splices: Iterable[Splice] = ()) -> Changes:
        """Take in a frame's pieces and splices, and tell what that changes."""
        pieces = list(pieces)
        lone = [alone(piece, self._verdict) for piece in pieces if not piece.joinable]
        self._alone += lone
        changes = self._seams.take((piece for piece in pieces if piece.joinable), splices)
        return replace(changes, changed=(*lone, *changes.changed))

    def defects(self) -> list[WebDefect]:
        """List the defects along the web."""
        return sorted(chain(self._alone, self._seams.defects()), key=lambda defect: (defect.from_mm, defect.identity))
