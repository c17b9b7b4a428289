"""From an inspection to what is answered and kept."""

import json
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import xxhash

from inspection.frame import Frame
from inspection.pipeline import Inspection
from inspection.record import to_answer
from service.store.entries import FrameEntry, FrameKey, frame_id


@dataclass(frozen=True)
class Arrival:
    """What is known of a frame beside its pixels."""

    key: FrameKey
    position_mm: float
    captured_at: datetime | None
    received_at: datetime
    pixel_hash: bytes


def pixel_hash(frame: Frame) -> bytes:
    """Hash grey pixels with xxh3-128, their shape and depth included, so that a file and raw pixels agree."""
    digest = xxhash.xxh3_128(np.ascontiguousarray(frame.pixels).data)
    digest.update(f"{frame.rows} {frame.columns} {frame.bits}".encode())
    return digest.digest()


def entry_of(number: int, arrival: Arrival, frame: Frame, inspection: Inspection) -> FrameEntry:
    """Make the record to keep, the answer's bytes included."""
    record, key = inspection.record, arrival.key
    identity = frame_id(number)
    told = {
        "frame_id": identity,
        "camera_id": key.camera_id,
        "roll_id": key.roll_id,
        "sequence": key.sequence,
        **to_answer(record, identity),
    }
    return FrameEntry(
        number=number,
        key=key,
        record=record,
        position_mm=arrival.position_mm,
        rows=frame.rows,
        columns=frame.columns,
        bits=frame.bits,
        captured_at=arrival.captured_at,
        received_at=arrival.received_at,
        pixel_hash=arrival.pixel_hash,
        answer=json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
        crops=inspection.crops.tobytes(),
    )
