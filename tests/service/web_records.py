"""Frames of a roll's web: things in millimetres as one camera or two see them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from records import NOON, entry, record

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Box, View
from service.store.entries import FrameEntry, FrameKey

ROWS, COLUMNS, MM_PER_PX = 1024, 2048, 0.05
FRAME_MM = ROWS * MM_PER_PX
VIEWS = {"cam-1": View(0.0, 102.4), "cam-2": View(90.0, 192.4)}


@dataclass(frozen=True)
class Thing:
    """Something on the web, in mm."""

    kind: Kind
    from_mm: float
    to_mm: float
    left_mm: float
    right_mm: float
    severity: Severity = Severity.MINOR


def showing(things: Sequence[Thing], index: int, camera: str = "cam-1", *, offset_mm: float = 0.0) -> FrameEntry:
    """The entry of one camera's frame with those of the things that it sees."""
    view, start_mm = VIEWS[camera], index * FRAME_MM + offset_mm
    seen = [(thing, _finding(thing, box, view, start_mm)) for thing in things if (box := _box(thing, view, start_mm))]
    defects = tuple(Defect(found, thing.severity, False) for thing, found in seen if found.kind is not Kind.SPLICE)
    events = tuple(found for _, found in seen if found.kind is Kind.SPLICE)
    return replace(
        entry(index),
        number=2 * index + list(VIEWS).index(camera) + 1,
        key=FrameKey(camera, "R1", index),
        record=replace(record(), defects=defects, events=events),
        position_mm=start_mm,
        length_mm=FRAME_MM,
        view=view,
        rows=ROWS,
        columns=COLUMNS,
        received_at=NOON + timedelta(milliseconds=index),
    )


def _box(thing: Thing, view: View, start_mm: float) -> Box | None:
    top, bottom = ((edge - start_mm) / MM_PER_PX for edge in (thing.from_mm, thing.to_mm))
    left, right = ((edge - view.left_mm) / MM_PER_PX for edge in (thing.left_mm, thing.right_mm))
    top, left, bottom, right = (
        round(max(top, 0)), round(max(left, 0)), round(min(bottom, ROWS)), round(min(right, COLUMNS)),
    )  # fmt: skip
    return Box(top, left, bottom, right) if bottom - top >= 3 and right - left >= 3 else None


def _finding(thing: Thing, box: Box, view: View, start_mm: float) -> Finding:
    row, column = box.centre
    return Finding(
        kind=thing.kind,
        probability=0.9,
        lane=None if thing.left_mm < 10 else 1,
        box=box,
        down_mm=start_mm + row * MM_PER_PX,
        cross_mm=view.left_mm + column * MM_PER_PX,
        length_mm=box.height * MM_PER_PX,
        width_mm=box.width * MM_PER_PX,
        area_mm2=box.height * box.width * MM_PER_PX**2,
        contrast_sigma=20.0,
    )


def eventful_roll(seed: int) -> list[FrameEntry]:
    """Frames of two cameras in order: spots on seams and in the overlap, streaks, a splice, frames that never came."""
    chance = Random(seed)
    things = [Thing(Kind.SPLICE, 1210, 1218, 0, 192.4)]
    for _ in range(80):
        at_mm, left_mm = chance.uniform(0, 2400), chance.choice([chance.uniform(0, 190), chance.uniform(88, 104)])
        at_mm = chance.choice([at_mm, FRAME_MM * round(at_mm / FRAME_MM) - 1])
        kind, severity = chance.choice([Kind.PINHOLE, Kind.STAIN, Kind.UNKNOWN]), chance.choice(list(Severity))
        sides = chance.uniform(0.3, 8), chance.uniform(0.3, 2)
        things.append(Thing(kind, at_mm, at_mm + sides[0], left_mm, left_mm + sides[1], severity))
    for _ in range(6):
        at_mm, left_mm = chance.uniform(0, 1500), chance.choice([chance.uniform(0, 190), chance.uniform(91, 101)])
        things.append(Thing(Kind.STREAK, at_mm, at_mm + chance.uniform(20, 1400), left_mm, left_mm + 0.4))
    frames = [
        showing(things, index, camera, offset_mm=offset_mm)
        for index in range(48)
        for camera, offset_mm in (("cam-1", 0.0), ("cam-2", 17.3))
    ]
    return [frame for frame in frames if chance.random() > 0.05]
