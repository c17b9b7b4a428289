"""Keeping a roll up to date: what it adds to storing a frame, at the beginning of a roll and at its end.

The same frames go into two databases, one transaction each, in turns: into one as the station stores them, into the
other the frames alone. What is told is processor time, the system's included: a frame's commit waits as long for the
disk in either, and on a machine that does other things as well the clock tells mostly of those.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.answers import Row
from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Box, View
from inspection.record import CalibrationRef, FrameRecord, ModelRef, RecipeRef
from inspection.verdict import Verdict
from service.store.connection import Connection
from service.store.database import address_of, migrate, writing_engine
from service.store.entries import FrameEntry, FrameKey
from service.store.roll_webs import RollWebs
from service.store.statements import in_one_trip
from service.store.writes import write_frame, write_record

_ROWS, _COLUMNS, _MM = 1024, 4096, 0.05
_BEGUN = datetime(2030, 1, 1, tzinfo=UTC)
_SPOTS = (Kind.PINHOLE, Kind.STAIN, Kind.AGGLOMERATE, Kind.SCRATCH, Kind.UNKNOWN)
_STRETCH = 3000
_ANSWER_BYTES = 900
_BAR_MS = 0.3
_GROWN_MS = 0.05


def upkeep(frames: int) -> list[Row]:
    """One roll of the line's mix (95 % clean, 4 % one, 1 % twenty defects) with a streak all along it."""
    with_ms, alone_ms = _timed(frames)
    more = with_ms - alone_ms
    first, last = more[:_STRETCH].mean(), more[-_STRETCH:].mean()
    every = f"of {frames} frames, one streak in all of them"
    return [
        Row(f"storing a frame alone, mean {every}", f"{alone_ms.mean():.3f} ms"),
        Row(
            "keeping the roll up to date, on top",
            f"{more.mean():.3f} ms",
            f"<= {_BAR_MS} ms",
            bool(more.mean() <= _BAR_MS),
        ),
        Row("the same, 99th percentile of the differences", f"{np.percentile(more, 99):.3f} ms"),
        Row(f"the same, first {_STRETCH} frames", f"{first:.3f} ms"),
        Row(
            f"the same, last {_STRETCH} frames",
            f"{last:.3f} ms",
            f"<= {_GROWN_MS} ms more than the first",
            bool(last - first <= _GROWN_MS),
        ),
    ]


def _timed(frames: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Milliseconds of processor time of each frame's transaction with upkeep and without."""
    webs, took = RollWebs(), np.empty((2, frames))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        connections = [stack.enter_context(_opened(Path(folder) / name)) for name in ("with", "alone")]
        writes: list[Callable[[Connection, FrameEntry], object]] = [
            lambda connection, entry: write_frame(connection, entry, webs),
            _write_alone,
        ]
        for place, entry in enumerate(_entries(frames)):
            for which in (place % 2, 1 - place % 2):
                begun = time.thread_time()
                with connections[which].begin():
                    writes[which](connections[which], entry)
                took[which, place] = 1e3 * (time.thread_time() - begun)
    return took[0], took[1]


def _opened(folder: Path) -> Connection:
    folder.mkdir()
    engine = writing_engine(address_of(folder, None))
    migrate(engine)
    connection = engine.connect()
    # Past SQLAlchemy, which would begin a transaction first.
    connection.connection.cursor().execute("PRAGMA synchronous=OFF")
    return connection


def _write_alone(connection: Connection, entry: FrameEntry) -> None:
    with in_one_trip(connection) as cursor:
        write_record(cursor, entry)


def _entries(frames: int) -> Iterator[FrameEntry]:
    rng = np.random.default_rng(5)
    for index in range(frames):
        spots = int(rng.choice([0, 1, 20], p=[0.95, 0.04, 0.01]))
        yield _entry(index, [_streak(index, rng), *(_spot(index, rng) for _ in range(spots))])


def _entry(index: int, findings: list[Finding]) -> FrameEntry:
    record = FrameRecord(
        verdict=Verdict.REJECT,
        reasons=("streak 20.5 mm2",),
        defects=tuple(Defect(finding, Severity.MAJOR, needs_review=False) for finding in findings),
        events=(),
        lanes=(),
        timing_ms={},
        recipe=RecipeRef("default", 1),
        calibration=CalibrationRef(1),
        model=ModelRef("benchmark", "1", "0" * 64),
    )
    return FrameEntry(
        number=index + 1,
        key=FrameKey("benchmark", "R1", index),
        record=record,
        position_mm=index * _ROWS * _MM,
        length_mm=_ROWS * _MM,
        view=View(0.0, _COLUMNS * _MM),
        rows=_ROWS,
        columns=_COLUMNS,
        bits=8,
        captured_at=None,
        received_at=_BEGUN + timedelta(milliseconds=38 * index),
        pixel_hash=index.to_bytes(16, "big"),
        answer=bytes(_ANSWER_BYTES),
        crops=bytes(4096 * len(findings)),
    )


def _streak(index: int, rng: Generator) -> Finding:
    return _finding(Kind.STREAK, Box(0, 1000, _ROWS, 1000 + int(rng.integers(7, 10))), index)


def _spot(index: int, rng: Generator) -> Finding:
    top, left = int(rng.integers(0, _ROWS - 40)), int(rng.integers(1100, _COLUMNS - 40))
    height, width = (int(side) for side in rng.integers(4, 40, 2))
    return _finding(_SPOTS[int(rng.integers(len(_SPOTS)))], Box(top, left, top + height, left + width), index)


def _finding(kind: Kind, box: Box, index: int) -> Finding:
    row, column = box.centre
    return Finding(
        kind=kind,
        probability=0.9,
        lane=1,
        box=box,
        down_mm=(index * _ROWS + row) * _MM,
        cross_mm=column * _MM,
        length_mm=box.height * _MM,
        width_mm=box.width * _MM,
        area_mm2=box.height * box.width * _MM**2,
        contrast_sigma=20.0,
    )
