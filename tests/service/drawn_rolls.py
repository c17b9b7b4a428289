"""Rolls drawn at random and put straight into the tables, with the counts that the station would have kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, insert

from inspection.defect import Severity
from inspection.roll.web_defect import WebDefect
from service.store.entries import RollEntry, stamp
from service.store.tables import cameras, metre_counts, roll_cameras, rolls, web_defects, web_metres
from service.store.web_filters import DEFECT_KINDS

BEGUN = datetime(2030, 1, 1, 5, 59, tzinfo=UTC)
CAMERAS = ("cam-1", "cam-2")
LENGTH_M = 200


def at(down_mm: float, begun: datetime = BEGUN) -> str:
    """When a web at a metre a second came by."""
    return stamp(begun + timedelta(seconds=down_mm / 1e3))


def drawn(seed: int, count: int, *, first_frame: int = 1, begun: datetime = BEGUN) -> list[WebDefect]:
    """Defects of all kinds, a few of them long, many alike in area."""
    random = Random(seed)
    defects = []
    for number in range(count):
        from_mm = random.choice([float(random.randrange(-3, LENGTH_M) * 1000), random.uniform(-3e3, 1e3 * LENGTH_M)])
        length = random.choice([0.2, 5.0, 999.0, 1000.0, random.uniform(0.1, 60_000)])
        left, width = random.uniform(0, 600), random.uniform(0.1, 40)
        lane = random.choice([None, 1, 2, 3])
        defects.append(
            WebDefect(
                identity=(first_frame + number // 3, number % 3 + 1),
                kind=random.choice(DEFECT_KINDS[: 2 + number % len(DEFECT_KINDS)]),
                probability=0.9,
                severity=random.choice(list(Severity)),
                needs_review=random.random() < 0.2,
                lane=lane,
                from_mm=from_mm,
                to_mm=from_mm + length,
                left_mm=left,
                right_mm=left + width,
                area_mm2=random.choice([0.5, 1.0, random.uniform(0.1, 50)]),
                contrast_sigma=12.0,
                pieces=1,
                camera_id=random.choice(CAMERAS),
                found_at=at(from_mm, begun),
            )
        )
    return defects


def write_roll(
    connection: Connection, roll_id: str, defects: Sequence[WebDefect], begun: datetime = BEGUN, **told: Any
) -> None:
    """Keep a roll that both cameras saw all of, at a metre a second."""
    opened = stamp(begun)
    for camera_id in CAMERAS:
        if not connection.execute(cameras.select().filter_by(camera_id=camera_id)).first():
            connection.execute(insert(cameras), {"camera_id": camera_id, "first_seen_at": opened})
    roll = RollEntry(roll_id, opened, "default", 1, None, "fake", "1", "f" * 64, **told)
    connection.execute(insert(rolls), asdict(roll))
    pinned = {"roll_id": roll_id, "calibration_version": None, "mm_per_px": 0.05, "opened_at": opened}
    connection.execute(insert(roll_cameras), [pinned | {"camera_id": camera_id} for camera_id in CAMERAS])
    connection.execute(
        insert(web_metres), [_metre(roll_id, name, n, begun) for name in CAMERAS for n in range(LENGTH_M)]
    )
    if defects:
        connection.execute(insert(web_defects), [row_of(roll_id, each) for each in defects])
        connection.execute(insert(metre_counts), counted(roll_id, defects))


def counted(roll_id: str, defects: Sequence[WebDefect]) -> list[dict[str, Any]]:
    """Rows of counts by the metre in which defects begin."""
    names = ("camera_id", "metre", "lane", "kind", "severity")
    counts = Counter(
        (each.camera_id, int(each.from_mm // 1000), each.lane or 0, each.kind.value, each.severity.value)
        for each in defects
    )
    return [
        {"roll_id": roll_id, "count": count} | dict(zip(names, place, strict=True)) for place, count in counts.items()
    ]


def _metre(roll_id: str, camera_id: str, metre: int, begun: datetime) -> dict[str, Any]:
    seen = {"frames": 1, "seen_mm": 1000.0, "held_mm": 0.0}
    moments = {"first_at": at(1e3 * metre, begun), "last_at": at(1e3 * metre + 999, begun)}
    return {"roll_id": roll_id, "camera_id": camera_id, "metre": metre} | seen | moments


def row_of(roll_id: str, defect: WebDefect) -> dict[str, Any]:
    """A defect as a row of its table."""
    row = asdict(defect) | {"roll_id": roll_id, "lane": defect.lane or 0}
    row["frame"], row["number"] = row.pop("identity")
    return row
