"""The webs of the rolls whose frames come in: joined in memory, kept in the transaction of the frame itself.

The database holds all of it. What is in memory is a cache of the stretch where frames come in: it is filled metre by
metre, and forgotten whenever a transaction fails, since that undoes what the cache has already seen.
"""

from dataclasses import dataclass, field, replace
from math import floor

from sqlalchemy import Connection

from inspection.roll.changes import Changes
from inspection.roll.gathered import alone
from inspection.roll.pieces import Origin, Piece, Splice, pieces_of, splices_of
from inspection.roll.seams import Seams
from inspection.verdict import VerdictSettings
from service.store.entries import FrameEntry, stamp
from service.store.seam_reads import begun_seams, bring_defect, bring_stretch, rules_of
from service.store.web_writes import METRE_MM

_MOST_ROLLS = 64
_MOST_PIECES = 8000
"""In sight of one roll; beyond them it begins anew with the stretch that is wanted."""

_MOST_IN_ALL = 4 * _MOST_PIECES
"""In sight of other rolls, at 1 kB each: those that were silent longest are read again if they go on."""

_NOTHING = Changes(())


@dataclass(eq=False)
class _RollWeb:
    """One roll's pieces in sight, and the metres of which all are."""

    overlap_mm: float
    verdict: VerdictSettings
    seams: Seams
    metres: set[int] = field(default_factory=set)


class RollWebs:
    """Joins what frames show; belongs to the one thread that writes."""

    def __init__(self) -> None:
        self._rolls: dict[str, _RollWeb] = {}

    def forget(self) -> None:
        """Know nothing any more but what the database holds."""
        self._rolls.clear()

    def join(self, connection: Connection, entry: FrameEntry) -> Changes:
        """Tell what a frame changes of its roll's web; the caller writes it in the same transaction.

        Raises
        ------
        RecipeError
            The roll's recipe cannot be read by this release.
        """
        if not (entry.record.defects or entry.record.events):
            return _NOTHING
        roll_id, splices = entry.key.roll_id, splices_of(entry.record, entry.view)
        web = self._roll(connection, roll_id)
        pieces = pieces_of(entry.record, _origin(entry), web.overlap_mm)
        joinable = [piece for piece in pieces if piece.joinable]
        if joinable or splices:
            _bring(connection, roll_id, web, [*joinable, *splices])
            for splice in splices:
                _bring_parted(connection, web.seams, splice)
        changes = web.seams.take(joinable, splices)
        lone = (alone(piece, web.verdict) for piece in pieces if not piece.joinable)
        return replace(changes, changed=(*lone, *changes.changed))

    def _roll(self, connection: Connection, roll_id: str) -> _RollWeb:
        web = self._rolls.pop(roll_id, None) or _begun(connection, roll_id)
        if len(web.seams) > _MOST_PIECES:
            web = replace(web, seams=web.seams.emptied(), metres=set())
        while len(self._rolls) >= _MOST_ROLLS or sum(len(each.seams) for each in self._rolls.values()) > _MOST_IN_ALL:
            self._rolls.pop(next(iter(self._rolls)))
        self._rolls[roll_id] = web
        return web


def _begun(connection: Connection, roll_id: str) -> _RollWeb:
    rules = rules_of(connection, roll_id)
    return _RollWeb(rules.joining.overlap_mm, rules.verdict, begun_seams(connection, roll_id, rules))


def _origin(entry: FrameEntry) -> Origin:
    return Origin(entry.number, entry.key.camera_id, entry.view, entry.rows, stamp(entry.received_at))


def _bring(connection: Connection, roll_id: str, web: _RollWeb, things: list[Piece | Splice]) -> None:
    """Have everything in sight that may belong to what a frame shows."""
    low_mm, high_mm = web.seams.reach_mm(min(thing.from_mm for thing in things), max(thing.to_mm for thing in things))
    wanted = set(range(floor(low_mm / METRE_MM), floor(high_mm / METRE_MM) + 1)) - web.metres
    if wanted:
        bring_stretch(connection, roll_id, web.seams, (min(wanted) * METRE_MM, (max(wanted) + 1) * METRE_MM))
        web.metres |= set(range(min(wanted), max(wanted) + 1))


def _bring_parted(connection: Connection, seams: Seams, splice: Splice) -> None:
    """Have all of what a splice may part in sight, far as it may reach."""
    for defect in seams.spanning(splice.down_mm):
        bring_defect(connection, seams, defect)
