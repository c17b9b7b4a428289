"""A station's file with one roll of a million defects and fifty ordinary ones: written straight into its tables.

What the station would have kept of such rolls is drawn and written in bulk: frames, defects, splices, counts by metre
and what was seen of each. Some kinds are common and some are rare, a few streaks run for many metres, and some frames
were lost.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress

from inspection.defect import Severity
from service.store.database import DATABASE
from service.store.entries import stamp
from service.store.store import Store
from service.store.tables import METADATA
from service.store.web_filters import DEFECT_KINDS

FRAME_MM: Final = 51.2
"""1024 lines of 0.05 mm."""

LANES_OF: Final = {"cam-1": (1, 2), "cam-2": (3, 4)}
_SHARES: Final = np.array([*(0.5 ** np.arange(1, len(DEFECT_KINDS) - 1)), 2e-4, 5e-5])
_SEVERITIES: Final = ((Severity.MINOR, 0.8), (Severity.MAJOR, 0.19), (Severity.CRITICAL, 0.01))
_LANE_MM: Final = 200.0
_MM_PER_S: Final = 80_000 / 60
_ANSWER: Final = bytes(600)
_AT_A_TIME: Final = 10_000


@dataclass(frozen=True)
class LargeRoll:
    """What a roll shall be like."""

    roll_id: str
    defects: int
    length_m: int
    cameras: tuple[str, ...]
    begun_at: datetime
    lost: int
    seed: int


def rolls(defects: int, others: int) -> list[LargeRoll]:
    """Plan one large roll, which a change of shifts falls into, and others on the days after it."""
    begun = datetime(2030, 1, 7, 5, 50, tzinfo=UTC)
    large = LargeRoll("LARGE", defects, 1200, ("cam-1", "cam-2"), begun, 40, 1)
    return [large, *(_ordinary(number, begun) for number in range(1, others + 1))]


def write_rolls(folder: Path, planned: list[LargeRoll], progress: Progress) -> None:
    """Write rolls into a station's new file; SQLite makes its indexes as it would have."""
    Store(folder).close()
    task = progress.add_task("writing rolls", total=sum(roll.defects for roll in planned))
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.executemany("INSERT INTO cameras VALUES (?, ?)", [(name, "2030-01-01") for name in LANES_OF])
        for number, roll in enumerate(planned):
            connection.execute("BEGIN")
            for done in _write(connection, roll, number << 32):
                progress.advance(task, done)
            connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _ordinary(number: int, begun: datetime) -> LargeRoll:
    return LargeRoll(f"R{number:03}", 2000, 240, ("cam-1",), begun + timedelta(hours=11 * number), 1, number + 1)


def _write(connection: sqlite3.Connection, roll: LargeRoll, first_frame: int) -> Iterator[int]:
    generator = np.random.default_rng(roll.seed)
    opened = stamp(roll.begun_at)
    pinned = (roll.roll_id, opened, "default", 1, None, "shipped", "1", "f" * 64, None, None, None, None)
    _insert(connection, "rolls", [pinned])
    _insert(connection, "roll_cameras", [(roll.roll_id, name, 1, 0.05, opened) for name in roll.cameras])
    counts: Counter[tuple[Any, ...]] = Counter()
    for index, camera_id in enumerate(roll.cameras):
        first = first_frame + (index << 30)
        seen = _seen(roll, generator)
        _insert(connection, "frames", list(_frames(roll, camera_id, first, seen)))
        _insert(connection, "web_metres", _metres(roll, camera_id, seen))
        drawn = _defects(roll, camera_id, first, seen, generator)
        while rows := list(islice(drawn, _AT_A_TIME)):
            _insert(connection, "web_defects", rows)
            counts.update((roll.roll_id, camera_id, int(row[9] // 1000), row[8], row[4], row[6]) for row in rows)
            yield len(rows)
    _insert(connection, "metre_counts", [(*place, count) for place, count in counts.items()])


def _insert(connection: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's first columns."""
    columns = [f'"{column.name}"' for column in METADATA.tables[table].columns][: len(rows[0])]
    values = ", ".join("?" for _ in columns)
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})", rows)


def _seen(roll: LargeRoll, generator: np.random.Generator) -> NDArray[np.int64]:
    """Numbers of the frames that were answered."""
    frames = np.arange(int(1e3 * roll.length_m / FRAME_MM))
    return np.setdiff1d(frames, generator.choice(frames[1:-1], roll.lost, replace=False))


def _at(roll: LargeRoll, position_mm: float) -> str:
    return stamp(roll.begun_at + timedelta(seconds=position_mm / _MM_PER_S))


def _frames(roll: LargeRoll, camera_id: str, first: int, seen: NDArray[np.int64]) -> Iterator[tuple[Any, ...]]:
    for sequence in seen.tolist():
        at, place = _at(roll, sequence * FRAME_MM), (camera_id, roll.roll_id, sequence, sequence * FRAME_MM)
        yield first + sequence, *place, 1024, 4096, 8, None, at, bytes(16), "warn", "[]", _ANSWER, FRAME_MM


def _metres(roll: LargeRoll, camera_id: str, seen: NDArray[np.int64]) -> list[tuple[Any, ...]]:
    """What was seen of each metre; frames that lie across two count for both."""
    edges = np.concatenate([seen * FRAME_MM, (seen + 1) * FRAME_MM])
    first = np.bincount((seen * FRAME_MM // 1000).astype(int), minlength=roll.length_m)
    covered = np.zeros(roll.length_m)
    for low, high in zip(*edges.reshape(2, -1).tolist(), strict=True):
        metre, border = int(low // 1000), 1000 * (int(low // 1000) + 1)
        covered[metre] += min(high, border) - low
        if high > border and metre + 1 < roll.length_m:
            covered[metre + 1] += high - border
    return [
        (roll.roll_id, camera_id, metre, int(first[metre]), float(covered[metre]), 0.0, *_moments(roll, metre))
        for metre in range(roll.length_m)
    ]


def _moments(roll: LargeRoll, metre: int) -> tuple[str, str]:
    return _at(roll, 1e3 * metre), _at(roll, 1e3 * metre + 999)


def _defects(
    roll: LargeRoll, camera_id: str, first: int, seen: NDArray[np.int64], generator: np.random.Generator
) -> Iterator[tuple[Any, ...]]:
    """Draw one camera's share of the defects, in the order of the web."""
    size = roll.defects // len(roll.cameras)
    frame = np.sort(generator.choice(seen, size))
    begins = np.concatenate([[0], np.flatnonzero(np.diff(frame)) + 1])
    number = np.arange(size) - np.repeat(begins, np.diff([*begins, size])) + 1
    from_mm = (frame + generator.random(size)) * FRAME_MM
    kind = generator.choice(len(DEFECT_KINDS), size, p=_SHARES / _SHARES.sum())
    severity = generator.choice(len(_SEVERITIES), size, p=[share for _, share in _SEVERITIES])
    lane = generator.choice(LANES_OF[camera_id], size)
    left_mm = (lane - 1) * _LANE_MM + generator.random(size) * 190
    width_mm, length_mm = generator.lognormal(-1, 0.7, size), generator.lognormal(-1, 0.7, size)
    streaks = generator.choice(size, min(400, size // 20), replace=False)
    length_mm[streaks] = generator.uniform(1_000, 40_000, len(streaks))
    doubt = generator.random(size)
    for row in range(size):
        at = _at(roll, frame[row] * FRAME_MM)
        yield (
            first + int(frame[row]),
            int(number[row]),
            roll.roll_id,
            camera_id,
            DEFECT_KINDS[kind[row]].value,
            round(float(doubt[row]), 4),
            _SEVERITIES[severity[row]][0].value,
            int(doubt[row] < 0.02),
            int(lane[row]),
            float(from_mm[row]),
            float(from_mm[row] + length_mm[row]),
            float(left_mm[row]),
            float(left_mm[row] + width_mm[row]),
            float(0.7 * width_mm[row] * length_mm[row]),
            12.5,
            1,
            at,
        )
