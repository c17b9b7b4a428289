"""The cut list: what has to be taken out of each lane, and why.

A function of the set of faults, in whatever order they came. Every fault that is cut out lies whole inside one cut
of its lane, cuts of a lane never touch, and what is left between them is worth keeping.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from inspection.roll.extent import RollExtent, faults_by_lane
from inspection.roll.fault import Cause, Fault
from inspection.roll.roll_settings import RollSettings, badness

_TOO_SHORT = "too short to keep"


@dataclass(frozen=True)
class Cut:
    """One piece to cut out.

    Attributes
    ----------
    lane : int or None
        None where no lane was found: the whole width.
    from_mm, to_mm : float
    why : tuple of str
        Each reason once, worst first.
    causes : tuple of Cause
        Each once.
    """

    lane: int | None
    from_mm: float
    to_mm: float
    why: tuple[str, ...]
    causes: tuple[Cause, ...]


_Sort: TypeAlias = tuple[int, str, Cause]
"""How bad, why and by what cause: a roll has few sorts of fault, and many faults of each."""

_Alone: TypeAlias = tuple[float, float, _Sort]
"""One fault with its margins."""


@dataclass
class _Group:
    """Faults that are cut out together."""

    from_mm: float
    to_mm: float
    sorts: set[_Sort]
    with_short_pieces: bool = False

    def take(self, other: "_Group") -> None:
        """Grow over one that begins later."""
        self.to_mm = max(self.to_mm, other.to_mm)
        self.sorts |= other.sorts
        self.with_short_pieces |= other.with_short_pieces


def cut_list(faults: Iterable[Fault], extent: RollExtent, settings: RollSettings) -> list[Cut]:
    """List what has to be cut out of a roll, by lane and along the web.

    Parameters
    ----------
    faults : iterable of Fault
        Of the roll; those below `settings.cut_from` are left in.
    extent : RollExtent
    settings : RollSettings
    """
    whole = extent.covering(told := list(faults))
    parted = faults_by_lane(told, whole)
    return [cut for lane, of_lane in parted.items() for cut in lane_cuts(lane, of_lane, whole, settings)]


def lane_cuts(lane: int | None, faults: Sequence[Fault], extent: RollExtent, settings: RollSettings) -> Iterator[Cut]:
    """List what has to be cut out of one lane, given its own faults, those of the whole width, and an extent around."""
    alone = sorted(_grown(fault, extent, settings.margin_mm) for fault in faults if settings.is_cut_out(fault))
    groups = _with_short_pieces(_joined(alone, settings.join_mm), extent, settings.shortest_piece_mm)
    return (_cut(lane, group) for group in groups)


def _grown(fault: Fault, extent: RollExtent, margin_mm: float) -> _Alone:
    start = max(fault.from_mm - margin_mm, extent.from_mm)
    end = min(fault.to_mm + margin_mm, extent.to_mm)
    return start, end, (badness(fault), fault.why, fault.cause)


def _joined(alone: Iterable[_Alone], within_mm: float) -> list[_Group]:
    """Put those together that are no further apart; they come in order."""
    done: list[_Group] = []
    for start, end, sort in alone:
        if done and start <= done[-1].to_mm + within_mm:
            done[-1].to_mm = max(done[-1].to_mm, end)
            done[-1].sorts.add(sort)
        else:
            done.append(_Group(start, end, {sort}))
    return done


def _with_short_pieces(groups: Sequence[_Group], extent: RollExtent, shortest_mm: float) -> list[_Group]:
    """Take in the pieces that are too short to keep, between cuts and at the roll's ends."""
    done: list[_Group] = []
    for group in groups:
        end_before = done[-1].to_mm if done else extent.from_mm
        if _too_short(group.from_mm - end_before, shortest_mm):
            group.from_mm, group.with_short_pieces = end_before, True
        if done and group.from_mm <= done[-1].to_mm:
            done[-1].take(group)
        else:
            done.append(group)
    if done and _too_short(extent.to_mm - done[-1].to_mm, shortest_mm):
        done[-1].to_mm, done[-1].with_short_pieces = extent.to_mm, True
    return done


def _too_short(piece_mm: float, shortest_mm: float) -> bool:
    return 0 < piece_mm < shortest_mm


def _cut(lane: int | None, group: _Group) -> Cut:
    ranked = sorted(group.sorts, key=lambda sort: (-sort[0], sort[1]))
    why = dict.fromkeys(told for _, told, _ in ranked)
    short = (_TOO_SHORT,) if group.with_short_pieces else ()
    causes = {cause for _, _, cause in group.sorts}
    return Cut(lane, group.from_mm, group.to_mm, (*why, *short), tuple(each for each in Cause if each in causes))
