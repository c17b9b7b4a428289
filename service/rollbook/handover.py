"""The hand-over to slitting and notching: one roll's lanes with what to cut out, as JSON or as CSV."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inspection.roll.defect_faults import DefectPlace
from inspection.roll.handover import LaneRoll, Mark, Rewinding, lane_roll
from inspection.roll.roll_settings import severities_from
from inspection.verdict import Verdict
from service.errors import UnknownLane
from service.rollbook.faults import FaultyRoll
from service.rollbook.quality import JudgedRoll, judged_roll
from service.store.connection import Connection
from service.store.defect_places import defect_places

COLUMNS: Final = (
    "roll",
    "recipe",
    "recipe_version",
    "counted_from",
    "lane",
    "what",
    "from_m",
    "to_m",
    "left_mm",
    "right_mm",
    "why",
)
"""See the table in this package's README."""


@dataclass(frozen=True)
class Handover:
    """A roll as it goes to the next machine.

    Attributes
    ----------
    roll_id, recipe_name : str
    recipe_version : int
    product : str or None
    still_open : bool
        Frames may still come, and cuts with them.
    verdict : Verdict
    counted_from : str
        Where the next machine's 0 m lies.
    lanes : tuple of LaneRoll
    """

    roll_id: str
    recipe_name: str
    recipe_version: int
    product: str | None
    still_open: bool
    verdict: Verdict
    counted_from: str
    lanes: tuple[LaneRoll, ...]


def handover(
    connection: Connection,
    roll_id: str,
    rewinding: Rewinding,
    *,
    lane: int | None = None,
    with_defects: bool = False,
) -> Handover:
    """Hand a roll over.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    rewinding : Rewinding
    lane : int, optional
        Only this one.
    with_defects : bool
        Tell each defect that is cut out too: a notching machine drops single sheets where it can.

    Raises
    ------
    UnknownLane
    UnknownRoll, RecipeError
        As `opened_roll`.
    """
    judged = judged_roll(connection, roll_id)
    seen = judged.faulty.seen
    defects = _defects_by_lane(connection, judged.faulty) if with_defects else {}
    return Handover(
        roll_id=roll_id,
        recipe_name=seen.entry.recipe_name,
        recipe_version=seen.entry.recipe_version,
        product=seen.entry.product,
        still_open=seen.still_open,
        verdict=judged.verdict.verdict,
        counted_from=rewinding.counted_from(),
        lanes=_lanes(judged, defects, rewinding, lane),
    )


def _lanes(
    judged: JudgedRoll, defects: Mapping[int | None, Sequence[DefectPlace]], rewinding: Rewinding, only: int | None
) -> tuple[LaneRoll, ...]:
    cuts, extent = defaultdict(list), judged.faulty.extent
    for cut in judged.cuts:
        cuts[cut.lane].append(cut)
    lanes = [each for each in judged.verdict.lanes if only in (None, each.lane)]
    if not lanes:
        known = ", ".join(str(each.lane) for each in judged.verdict.lanes if each.lane) or "none"
        raise UnknownLane(f"expected a lane of the roll, which has {known}, got {only}")
    of_all = defects.get(None, ())
    return tuple(
        lane_roll(
            each, cuts[each.lane], (*of_all, *(defects.get(each.lane, ()) if each.lane else ())), extent, rewinding
        )
        for each in lanes
    )


def _defects_by_lane(connection: Connection, faulty: FaultyRoll) -> dict[int | None, list[DefectPlace]]:
    """Give each lane the defects for which it is cut; under None stand those of the whole width."""
    by_lane: dict[int | None, list[DefectPlace]] = defaultdict(list)
    grave = severities_from(faulty.seen.recipe.roll.cut_from)
    for defect in defect_places(connection, faulty.seen.entry.roll_id, grave):
        for lane in defect.lanes(faulty.extent):
            by_lane[lane].append(defect)
    return by_lane


def as_csv(told: Handover) -> str:
    """Write a hand-over as CSV by RFC 4180: a heading, then for each lane itself, its cuts and its defects."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    head = (told.roll_id, told.recipe_name, told.recipe_version, told.counted_from)
    writer.writerows((*head, *row) for lane in told.lanes for row in _rows(lane))
    return text.getvalue()


def _rows(lane: LaneRoll) -> Iterator[tuple[object, ...]]:
    whole = (lane.lane, "lane", _metres(0.0), _metres(lane.length_m))
    yield (*whole, *(("", "") if lane.width_mm is None else (_mm(0.0), _mm(lane.width_mm))), lane.verdict.value)
    for what, marks in (("cut", lane.cuts), ("defect", lane.defects)):
        for mark in marks:
            yield lane.lane, what, *_places(mark), "; ".join(mark.why)


def _places(mark: Mark) -> tuple[str, str, str, str]:
    return _metres(mark.from_m), _metres(mark.to_m), _mm(mark.left_mm), _mm(mark.right_mm)


def _metres(place: float) -> str:
    return f"{place:.4f}"


def _mm(place: float | None) -> str:
    return "" if place is None else f"{place:.3f}"
