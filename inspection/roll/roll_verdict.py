"""The verdict of a roll: what each lane is worth once its faults are cut out, and why.

A roll is judged for what can still be done with it. One metallic particle does not reject a kilometre: it is cut
out, and the lane is warned of. A lane that would be cut to pieces is rejected.

Nothing that could not be inspected passes: web that was not inspected or was held, and doubt about where things lie,
make a lane `hold`. Only a lane whose faults are already beyond the share that may be cut out is `reject` all the
same: whatever lies in the web that was not seen cannot make it better, and nobody need look at it first.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from inspection.roll.along import Stretch, between, joined, length_mm
from inspection.roll.cuts import lane_cuts
from inspection.roll.extent import RollExtent, faults_by_lane
from inspection.roll.fault import Cause, Fault
from inspection.roll.roll_settings import RollSettings, badness, is_unjudged
from inspection.verdict import Verdict

_GROWING = (Verdict.PASS, Verdict.WARN, Verdict.HOLD, Verdict.REJECT)
_MOST_REASONS = 20
"""Told of a lane; so many sorts of fault say all that more would."""


@dataclass(frozen=True)
class LaneVerdict:
    """What one lane of a roll is worth.

    Attributes
    ----------
    lane : int or None
        None where no lane was found: the whole width.
    verdict : Verdict
    reasons : tuple of str
        Worst first; empty where nothing was found.
    length_mm : float
    rejected_mm : float
        Of it, to be cut out for faults that were seen.
    unjudged_mm : float
        Of it, not inspected or held.
    """

    lane: int | None
    verdict: Verdict
    reasons: tuple[str, ...]
    length_mm: float
    rejected_mm: float
    unjudged_mm: float


@dataclass(frozen=True)
class RollVerdict:
    """What a roll is worth: its worst lane's verdict, lane by lane."""

    verdict: Verdict
    reasons: tuple[str, ...]
    lanes: tuple[LaneVerdict, ...]


def judge_roll(
    faults: Iterable[Fault],
    extent: RollExtent,
    settings: RollSettings,
    *,
    doubts: Sequence[str] = (),
    still_open: bool = False,
) -> RollVerdict:
    """Judge a roll.

    Parameters
    ----------
    faults : iterable of Fault
        What is wrong with it.
    extent : RollExtent
        How much web it has.
    settings : RollSettings
    doubts : sequence of str
        Why nobody can tell where things lie, or how much was seen; empty where that is sure.
    still_open : bool
        Frames may still come: the verdict is of what there is so far, and says so.
    """
    whole = extent.covering(told := list(faults))
    doubts = (*doubts, *_nothing_seen(whole))
    parted = faults_by_lane(told, whole)
    lanes = tuple(_judge_lane(lane, of_lane, whole, settings, doubts) for lane, of_lane in parted.items())
    worst_first = sorted(lanes, key=lambda each: -_GROWING.index(each.verdict))
    of_lanes = (f"{_called(each)}: {each.verdict}, {each.reasons[0]}" for each in worst_first if each.reasons)
    notice = ("the roll is still open: this is of what was inspected so far",) if still_open else ()
    return RollVerdict(worst_first[0].verdict, (*of_lanes, *notice), lanes)


def _nothing_seen(extent: RollExtent) -> Iterator[str]:
    if extent.length_mm <= 0:
        yield "nothing of it was inspected"
    elif not extent.strips:
        yield "no lane was found on it"


def _judge_lane(
    lane: int | None, faults: Sequence[Fault], extent: RollExtent, settings: RollSettings, doubts: Sequence[str]
) -> LaneVerdict:
    severe = [fault for fault in faults if settings.rejects(fault)]
    rejected = sum(cut.to_mm - cut.from_mm for cut in lane_cuts(lane, severe, extent, settings))
    unjudged = joined((fault.from_mm, fault.to_mm) for fault in faults if is_unjudged(fault))
    share = rejected / extent.length_mm if extent.length_mm > 0 else 0.0
    verdict = _verdict(share, faults, settings, unsure=bool(doubts or unjudged))
    lost = (_share_told(rejected, share, settings),) if share > settings.reject_share else ()
    reasons = (*lost, *doubts, *_reasons(faults))
    return LaneVerdict(
        lane=lane,
        verdict=verdict,
        reasons=reasons,
        length_mm=extent.length_mm,
        rejected_mm=rejected,
        unjudged_mm=length_mm(between(unjudged, extent.from_mm, extent.to_mm)),
    )


def _verdict(share: float, faults: Sequence[Fault], settings: RollSettings, *, unsure: bool) -> Verdict:
    if share > settings.reject_share:
        return Verdict.REJECT
    if unsure:
        return Verdict.HOLD
    lesser = any(not settings.rejects(fault) for fault in faults)
    return Verdict.WARN if lesser or share > settings.warn_share else Verdict.PASS


def _share_told(rejected_mm: float, share: float, settings: RollSettings) -> str:
    return f"{share:.1%} of it has to be cut out ({rejected_mm / 1e3:.1f} m), more than {settings.reject_share:.1%}"


def _reasons(faults: Sequence[Fault]) -> tuple[str, ...]:
    """Tell each sort of fault once, worst first: what could not be judged before what was seen."""
    sorts: dict[tuple[int, Cause, str], list[Stretch]] = defaultdict(list)
    for fault in faults:
        sorts[-badness(fault), fault.cause, fault.why].append((fault.from_mm, fault.to_mm))
    told = tuple(_told(sort[2], sorts[sort]) for sort in sorted(sorts)[:_MOST_REASONS])
    return (*told, f"and {len(sorts) - len(told)} more sorts of fault") if len(sorts) > len(told) else told


def _told(why: str, places: Sequence[Stretch]) -> str:
    covered = length_mm(joined(places)) / 1e3
    long = f", {covered:.1f} m in all" if covered >= 0.05 else ""
    at = f"{min(places)[0] / 1e3:.2f} m"
    return f"{why} at {at}{long}" if len(places) == 1 else f"{why}, {len(places)} x from {at} on{long}"


def _called(lane: LaneVerdict) -> str:
    return "whole width" if lane.lane is None else f"lane {lane.lane}"
