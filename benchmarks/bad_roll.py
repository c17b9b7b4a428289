"""A very bad roll: how long until its verdict, its cut list and its hand-over are there."""

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

from benchmarks.answers import Row
from inspection.roll.handover import Rewinding
from service.rollbook.handover import as_csv, handover
from service.rollbook.quality import judged_roll
from service.store.beside import reading
from service.store.connection import Connection
from service.store.store import Store

_ROLL, _CAMERA, _AT = "bad", "cam-1", "2030-01-01T12:00:00.000+00:00"
_FRAMES, _FRAME_MM = 30_000, 50.0
_LANES = ((1, 100.0, 300.0), (2, 320.0, 520.0))
_ANSWER = json.dumps(
    {"lanes": [{"lane": n, "left_mm": left, "right_mm": right, "width_mm": right - left} for n, left, right in _LANES]}
).encode()
_BAR_S = 2.0
"""Somebody waits for it, at the end of a roll."""


def bad_roll(defects: int, rounds: int) -> list[Row]:
    """Judge a roll of 30,000 frames and cut it; processor seconds, the best of some rounds.

    Parameters
    ----------
    defects : int
        All major or critical.
    rounds : int
    """
    with tempfile.TemporaryDirectory() as folder:
        _make(Path(folder), defects)
        with reading(Path(folder)) as connection:
            judged = min(_seconds(_judged_and_cut, connection) for _ in range(rounds))
            handed = min(_seconds(_handed_over, connection) for _ in range(rounds))
    return [
        Row("defects of the roll, all severe", f"{defects}"),
        Row("verdict and cut list", f"{judged:.2f} s", f"< {_BAR_S:g} s", judged < _BAR_S),
        Row("hand-over as CSV with every defect", f"{handed:.2f} s"),
    ]


def _seconds(work: Callable[[Connection], object], connection: Connection) -> float:
    begun = time.process_time()
    work(connection)
    return time.process_time() - begun


def _judged_and_cut(connection: Connection) -> object:
    judged = judged_roll(connection, _ROLL)
    return judged.verdict, judged.cuts


def _handed_over(connection: Connection) -> str:
    return as_csv(handover(connection, _ROLL, Rewinding(reverse=True), with_defects=True))


def _make(folder: Path, defects: int) -> None:
    """Put a roll into a store, as if it had been inspected."""
    Store(folder).close()
    with closing(sqlite3.connect(folder / "station.sqlite")) as database, database:
        database.execute(
            "INSERT INTO rolls (roll_id, opened_at, recipe_name, recipe_version, model_name, model_version, "
            "model_sha256) VALUES (?, ?, 'default', 1, '', '', '')",
            (_ROLL, _AT),
        )
        database.execute(
            "INSERT INTO roll_cameras (roll_id, camera_id, mm_per_px, opened_at) VALUES (?, ?, 0.05, ?)",
            (_ROLL, _CAMERA, _AT),
        )
        database.executemany(
            "INSERT INTO frames (id, camera_id, roll_id, sequence, position_mm, rows, columns, bits, received_at, "
            "pixel_hash, verdict, reasons, answer, length_mm) "
            "VALUES (?, ?, ?, ?, ?, 1000, 4096, 8, ?, x'', 'reject', '[]', ?, ?)",
            ((n + 1, _CAMERA, _ROLL, n, n * _FRAME_MM, _AT, _ANSWER, _FRAME_MM) for n in range(_FRAMES)),
        )
        database.executemany(
            "INSERT INTO web_defects (frame, number, roll_id, camera_id, kind, probability, severity, needs_review, "
            "lane, from_mm, to_mm, left_mm, right_mm, area_mm2, contrast_sigma, pieces, found_at) "
            "VALUES (1, ?, ?, ?, ?, 0.9, ?, 0, ?, ?, ?, ?, ?, 1.0, 20.0, 1, ?)",
            _defects(defects),
        )


def _defects(count: int) -> Iterator[tuple[object, ...]]:
    random = Random(1)
    for number in range(1, count + 1):
        lane, left, right = random.choice(_LANES)
        at, across = random.uniform(0, _FRAMES * _FRAME_MM - 1), random.uniform(left, right - 1)
        kind, severity = random.choice((("bare_spot", "critical"), ("scratch", "major")))
        yield number, _ROLL, _CAMERA, kind, severity, lane, at, at + 1, across, across + 1, _AT
