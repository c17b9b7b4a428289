"""From an inspection to what is answered and kept."""

import json
from dataclasses import dataclass
from datetime import datetime

from inspection.record import FrameRecord, to_answer
from service.store.entries import FrameEntry, FrameKey, frame_id
from service.workbench import Done


@dataclass(frozen=True)
class Arrival:
    """What is known of a frame beside its pixels."""

    key: FrameKey
    captured_at: datetime | None
    received_at: datetime


def entry_of(number: int, arrival: Arrival, done: Done, record: FrameRecord) -> FrameEntry:
    """Make the record to keep, the answer's bytes included; `record` goes before the one in `done`."""
    key, identity = arrival.key, frame_id(number)
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
        position_mm=done.position_mm,
        length_mm=done.rows * done.mm_per_px_down,
        view=done.view,
        rows=done.rows,
        columns=done.columns,
        bits=done.bits,
        captured_at=arrival.captured_at,
        received_at=arrival.received_at,
        pixel_hash=done.pixel_hash,
        answer=json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
        crops=done.crops,
    )
