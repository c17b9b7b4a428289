"""Records to keep, as inspection would have made them."""

from datetime import UTC, datetime

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Box, View
from inspection.record import CalibrationRef, FrameRecord, ModelRef, RecipeRef
from inspection.verdict import Verdict
from service.store.entries import FrameEntry, FrameKey

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def finding(down_mm: float, lane: int | None = 1, kind: Kind = Kind.PINHOLE) -> Finding:
    return Finding(kind, 0.9, lane, Box(5, 6, 9, 12), down_mm, 20.0, 0.2, 0.3, 0.05, 22.0)


def record(defects: int = 0, events: int = 0) -> FrameRecord:
    return FrameRecord(
        verdict=Verdict.WARN if defects else Verdict.PASS,
        reasons=("pinhole",) * defects,
        defects=tuple(Defect(finding(990 + 10 * n), Severity.MINOR, False) for n in range(defects)),
        events=tuple(finding(5, None, Kind.SPLICE) for _ in range(events)),
        lanes=(),
        timing_ms={},
        recipe=RecipeRef("default", 1),
        calibration=CalibrationRef(1),
        model=ModelRef("fake", "1", "f" * 64),
    )


def entry(sequence: int, *, number: int | None = None, defects: int = 0, events: int = 0) -> FrameEntry:
    return FrameEntry(
        number=number or sequence + 1,
        key=FrameKey("cam-1", "R1", sequence),
        record=record(defects, events),
        position_mm=51.2 * sequence,
        length_mm=51.2,
        view=View(0.0, 204.8),
        rows=1024,
        columns=4096,
        bits=8,
        captured_at=None,
        received_at=NOON,
        pixel_hash=sequence.to_bytes(16, "big"),
        answer=b'{"sequence":%d}' % sequence,
        crops=bytes(4096 * (defects + events)),
    )
