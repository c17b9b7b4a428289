"""What is kept of a camera's input: one row for each minute in which its frames were measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from inspection.input_health import MEASURES
from service.store.tables import camera_health


@dataclass(frozen=True)
class Range:
    """Mean, lowest and highest of a measure in one minute."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class HealthMinute:
    """One camera in one minute.

    Attributes
    ----------
    camera_id : str
    begun_at : str
        Moment of the first sample.
    calibration_version : int
        What they were compared with.
    samples : int
        Frames that were measured.
    measures : mapping of str to Range or None
        By the names of `inspection.input_health`; None where nothing could be measured.
    """

    camera_id: str
    begun_at: str
    calibration_version: int
    samples: int
    measures: Mapping[str, Range | None]


def write_minutes(connection: Connection, minutes: Sequence[HealthMinute]) -> None:
    """Keep minutes; one that began at the same moment as another, by a clock put back, replaces it."""
    for minute in minutes:
        connection.execute(delete(camera_health).filter_by(camera_id=minute.camera_id, begun_at=minute.begun_at))
        connection.execute(insert(camera_health), _row(minute))


def minutes_since(connection: Connection, camera_id: str, since: str, limit: int) -> list[HealthMinute]:
    """List a camera's latest minutes from a moment on, at most `limit`, oldest first."""
    begun_at = camera_health.c.begun_at
    question = select(camera_health).where(camera_health.c.camera_id == camera_id, begun_at >= since)
    rows = connection.execute(question.order_by(begun_at.desc()).limit(limit)).all()
    return [_minute(row) for row in reversed(rows)]


def _row(minute: HealthMinute) -> dict[str, Any]:
    told = {
        "camera_id": minute.camera_id,
        "begun_at": minute.begun_at,
        "calibration_version": minute.calibration_version,
        "samples": minute.samples,
    }
    return told | dict(_columns(minute.measures))


def _columns(measures: Mapping[str, Range | None]) -> Iterator[tuple[str, float | None]]:
    for name, seen in measures.items():
        yield f"{name}_mean", seen.mean if seen else None
        yield f"{name}_low", seen.low if seen else None
        yield f"{name}_high", seen.high if seen else None


def _minute(row: Row[*tuple[Any, ...]]) -> HealthMinute:
    told = row._mapping
    ranges = {name: tuple(told[f"{name}_{part}"] for part in ("mean", "low", "high")) for name in MEASURES}
    return HealthMinute(
        camera_id=told["camera_id"],
        begun_at=told["begun_at"],
        calibration_version=told["calibration_version"],
        samples=told["samples"],
        measures={name: None if None in seen else Range(*seen) for name, seen in ranges.items()},
    )
