"""What is written of lanes: sums by metre, and the patches of skip coating.

Patches are packed, one row for each frame: 1500 m of four skip-coated lanes are 190,000 intervals, and a database takes
longer to hand out so many rows than anybody wants to wait.

A frame counts for the metre in which its middle lies. A frame that was held counts nothing but the coating that it
shows: what could not be judged is no measure either. Nor does an edge count that was not in sight. Sums add up
whatever the order in which frames come.
"""

from typing import Any

from sqlalchemy import Column, bindparam, case, func, insert
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.elements import ColumnElement

from inspection.record import LaneExtent
from inspection.roll.lane_series import LANE_MEASURES, measured_of
from inspection.roll.patches import pack
from inspection.verdict import Verdict
from service.store.entries import FrameEntry
from service.store.statements import Compiled, DriverCursor, InsertInto, compiled
from service.store.tables import lane_metres, lane_patches

_NOT_MEASURED = (0, 0.0, 0.0, None, None)


def _add_up(insert: InsertInto) -> ClauseElement:
    """Insert a row of sums whose values stand in the order of the table's columns, or add to what is there."""
    more = insert(lane_metres).values({column.name: bindparam(column.name) for column in lane_metres.columns})
    own = [column for column in lane_metres.columns if not column.primary_key and column.name != "side"]
    return more.on_conflict_do_update(
        index_elements=list(lane_metres.primary_key.columns),
        set_={column.name: _together(column, more.excluded[column.name]) for column in own},
    )


def _together(kept: Column[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    if kept.name.endswith("_low"):
        return case((new < kept, new), else_=func.coalesce(kept, new))
    if kept.name.endswith("_high"):
        return case((new > kept, new), else_=func.coalesce(kept, new))
    return kept + new


_SUMS: Compiled = compiled(_add_up)
_PATCHES: Compiled = compiled(
    lambda _: insert(lane_patches).values({column.name: bindparam(column.name) for column in lane_patches.columns})
)


def write_lanes(cursor: DriverCursor, entry: FrameEntry) -> None:
    """Keep what a frame tells of lanes."""
    if not (lanes := entry.record.lanes):
        return
    held = entry.record.verdict is Verdict.HOLD
    cursor.executemany(_SUMS, [_sums_row(entry, lane, held=held) for lane in lanes])
    if not held and any(lane.patches is not None for lane in lanes):
        cursor.execute(_PATCHES, _patches_row(entry))


def _sums_row(entry: FrameEntry, lane: LaneExtent, *, held: bool) -> tuple[Any, ...]:
    key = entry.key
    metre = int((entry.position_mm + entry.length_mm / 2) // 1000)
    measured = (None,) * len(LANE_MEASURES) if held else measured_of(lane)
    sums = [part for value in measured for part in _parts(value)]
    return (key.roll_id, key.camera_id, metre, lane.lane, entry.view.side, _seen_mm2(entry, lane), *sums)


def _parts(value: float | None) -> tuple[float | None, ...]:
    return _NOT_MEASURED if value is None else (1, value, value * value, value, value)


def _seen_mm2(entry: FrameEntry, lane: LaneExtent) -> float:
    coated_mm = entry.length_mm
    if lane.patches is not None:
        coated_mm = sum(patch.to_mm - patch.from_mm for patch in lane.patches)
    return (lane.right_mm - lane.left_mm) * coated_mm


def _patches_row(entry: FrameEntry) -> tuple[Any, ...]:
    key, begin = entry.key, entry.position_mm
    packed = pack((lane.lane, patch) for lane in entry.record.lanes for patch in lane.patches or ())
    return (key.roll_id, key.camera_id, entry.number, entry.view.side, begin, begin + entry.length_mm, packed)
