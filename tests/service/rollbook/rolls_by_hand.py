"""Rolls put into the store by hand: what cameras saw of them, and what was found."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import dumps
from typing import Any, TypeAlias
from zlib import crc32

from databases import Database
from records import NOON
from sqlalchemy import Connection, String, Table, insert

from service.store.database import address_of, reading_engine, writing_engine
from service.store.entries import RollCameraEntry, RollEntry, stamp
from service.store.store import Store
from service.store.tables import closed_rolls, frames, lane_metres, not_inspected, splices, web_defects, web_metres
from service.store.writes import write_roll, write_roll_camera

FRAME_MM = 1000.0
Lanes: TypeAlias = Sequence[tuple[int, float, float]]
LANES: Lanes = ((1, 100.0, 300.0), (2, 320.0, 520.0))
"""Number and edges: two lanes of 200 mm with 20 mm of foil between them."""


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """The store's tables, to be written by hand."""
    Store(database.folder, database.url).close()
    engine = writing_engine(address_of(database.folder, database.url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    engine = reading_engine(address_of(database.folder, database.url))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@dataclass
class RollByHand:
    """A roll under construction; positions are metres."""

    connection: Connection
    roll_id: str = "R1"
    found: int = 0

    def open(self, recipe_text: str | None = None, cameras: Iterable[str] = ("cam-1",), **more: Any) -> None:
        name, version = ("default", 1) if recipe_text is None else ("made", 3)
        told = RollEntry(self.roll_id, stamp(NOON), name, version, recipe_text, "fake", "1", "f" * 64, **more)
        write_roll(self.connection, told)
        for camera_id in cameras:
            write_roll_camera(self.connection, RollCameraEntry(self.roll_id, camera_id, None, 0.05, stamp(NOON)))

    def close(self, at: datetime = NOON + timedelta(hours=8)) -> None:
        row = {"roll_id": self.roll_id, "closed_at": stamp(at), "closed_by": "anna"}
        self.connection.execute(insert(closed_rolls), row)

    def see(
        self,
        metres: Iterable[int],
        camera: str = "cam-1",
        *,
        held: str = "",
        lanes: Lanes = LANES,
        by_m: float = 0.0,
        out_of_sight: Sequence[str] = (),
    ) -> None:
        """Frames of a metre each, whose numbers are their metres, in their places or some metres further on."""
        told = _filled(frames) | {
            "camera_id": camera,
            "roll_id": self.roll_id,
            "rows": 20_000,
            "columns": 4096,
            "bits": 8,
        }
        told |= {"received_at": stamp(NOON), "pixel_hash": b"", "length_mm": FRAME_MM}
        told |= {"verdict": "hold" if held else "pass", "reasons": dumps([held] if held else [])}
        told |= {"answer": dumps({"lanes": [_lane(lane, out_of_sight) for lane in lanes]}).encode()}
        first = crc32(f"{self.roll_id} {camera}".encode()) << 24
        places = [{"id": first + n, "sequence": n, "position_mm": (n + by_m) * FRAME_MM} for n in metres]
        self.connection.execute(insert(frames), [told | place for place in places])

    def measure(
        self,
        lanes: Sequence[tuple[int, float | None, float | None]] = LANES,
        camera: str = "cam-1",
        metre: int = 0,
    ) -> None:
        for lane, left, right in lanes:
            row = _filled(lane_metres) | {"roll_id": self.roll_id, "camera_id": camera, "lane": lane}
            row |= {"side": "top", "seen_mm2": 0.0, "metre": metre}
            width = None if left is None or right is None else right - left
            for name, value in (("left_mm", left), ("right_mm", right), ("width_mm", width)):
                row |= {
                    f"{name}_n": 0 if value is None else 2,
                    f"{name}_sum": 2 * (value or 0.0),
                    f"{name}_squares": 0.0,
                    f"{name}_low": value,
                    f"{name}_high": value,
                }
            self.connection.execute(insert(lane_metres), row)

    def run(self, metres: Iterable[int], since: datetime = NOON, s_per_m: float = 1.0, camera: str = "cam-1") -> None:
        """When each metre ran."""
        for n, metre in enumerate(metres):
            moment = stamp(since + timedelta(seconds=s_per_m * n))
            row = _filled(web_metres) | {"roll_id": self.roll_id, "camera_id": camera, "metre": metre}
            self.connection.execute(insert(web_metres), row | {"first_at": moment, "last_at": moment})

    def find(self, *defects: dict[str, Any]) -> None:
        """Defects of the web; see `defect`."""
        place = {"frame": crc32(self.roll_id.encode()), "roll_id": self.roll_id}
        rows = [each | place | {"number": self.found + n} for n, each in enumerate(defects, 1)]
        self.connection.execute(insert(web_defects), rows)
        self.found += len(defects)

    def splice(self, from_m: float, to_m: float, frame: int = 1) -> None:
        row = {"frame": frame, "number": 1, "roll_id": self.roll_id, "camera_id": "cam-1"}
        self.connection.execute(
            insert(splices), row | {"parts_web": True, "from_mm": from_m * 1e3, "to_mm": to_m * 1e3}
        )

    def refuse(self, sequence: int, position_m: float | None, camera: str = "cam-1", cause: str = "queue-full") -> None:
        row = {"camera_id": camera, "roll_id": self.roll_id, "sequence": sequence, "cause": cause, "detail": ""}
        row |= {"attempts": 1, "first_at": stamp(NOON), "last_at": stamp(NOON), "rows": 20_000}
        self.connection.execute(
            insert(not_inspected), row | {"position_mm": None if position_m is None else position_m * 1e3}
        )


def _filled(table: Table) -> dict[str, Any]:
    """A row of nothing: every column that must hold something."""
    return {each.name: "" if isinstance(each.type, String) else 0 for each in table.columns if not each.nullable}


def _lane(lane: tuple[int, float, float], out_of_sight: Sequence[str]) -> dict[str, float]:
    number, left, right = lane
    seen = {f"{rim}_in_sight": rim not in out_of_sight for rim in ("left", "right")}
    return {"lane": number, "left_mm": left, "right_mm": right, "width_mm": right - left} | seen


def defect(
    from_m: float,
    to_m: float,
    severity: str = "critical",
    kind: str = "bare_spot",
    lane: int = 1,
    left_mm: float = 200.0,
    right_mm: float = 202.0,
) -> dict[str, Any]:
    return {
        "camera_id": "cam-1",
        "kind": kind,
        "probability": 0.9,
        "severity": severity,
        "needs_review": True,
        "lane": lane,
        "from_mm": from_m * 1e3,
        "to_mm": to_m * 1e3,
        "left_mm": left_mm,
        "right_mm": right_mm,
        "area_mm2": 2.0,
        "contrast_sigma": 20.0,
        "pieces": 1,
        "found_at": stamp(NOON),
    }
