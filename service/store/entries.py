"""What the store is given to keep, and what it gives back."""

from dataclasses import dataclass
from datetime import UTC, datetime

from inspection.geometry import View
from inspection.record import FrameRecord


@dataclass(frozen=True)
class FrameKey:
    """What makes a frame's number its own: at most one answered frame has it."""

    camera_id: str
    roll_id: str
    sequence: int


@dataclass(frozen=True, eq=False)
class FrameEntry:
    """One inspected frame.

    Attributes
    ----------
    number : int
        Grows with time; the frame's id is its hexadecimal form.
    key : FrameKey
    record : FrameRecord
    position_mm : float
        Web position of row 0.
    length_mm : float
        Web that it covers.
    view : View
        What it shows across the web.
    rows, columns, bits : int
    captured_at : datetime or None
        By the camera's clock.
    received_at : datetime
    pixel_hash : bytes
    answer : bytes
        As it will be sent.
    crops : bytes
        64 x 64 bytes each: defects in the record's order, then events.
    """

    number: int
    key: FrameKey
    record: FrameRecord
    position_mm: float
    length_mm: float
    view: View
    rows: int
    columns: int
    bits: int
    captured_at: datetime | None
    received_at: datetime
    pixel_hash: bytes
    answer: bytes
    crops: bytes

    @property
    def frame_id(self) -> str:
        """The number as it is told outside."""
        return frame_id(self.number)

    def stored(self) -> "StoredFrame":
        """Return the frame as its readers will see it."""
        return StoredFrame(
            frame_id=self.frame_id,
            camera_id=self.key.camera_id,
            roll_id=self.key.roll_id,
            sequence=self.key.sequence,
            rows=self.rows,
            columns=self.columns,
            bits=self.bits,
            captured_at=stamp(self.captured_at) if self.captured_at else None,
            received_at=stamp(self.received_at),
            pixel_hash=self.pixel_hash,
            verdict=self.record.verdict.value,
            answer=self.answer,
        )


@dataclass(frozen=True)
class RollEntry:
    """What a roll was opened with; `recipe_text` is None for the built-in default recipe, `fields` a JSON object."""

    roll_id: str
    opened_at: str
    recipe_name: str
    recipe_version: int
    recipe_text: str | None
    model_name: str
    model_version: str
    model_sha256: str
    product: str | None = None
    order_number: str | None = None
    fields: str | None = None
    opened_by: str | None = None


@dataclass(frozen=True)
class ClosedRoll:
    """When a roll was closed, and by whom."""

    roll_id: str
    closed_at: str
    closed_by: str

    @property
    def told(self) -> str:
        """What is said to whoever takes it for open."""
        return (
            f"expected an open roll, {self.roll_id} was closed at {self.closed_at} by {self.closed_by}: "
            "name the roll that is running"
        )


@dataclass(frozen=True)
class RollCameraEntry:
    """What one camera was pinned to on a roll; no calibration version where it had none."""

    roll_id: str
    camera_id: str
    calibration_version: int | None
    mm_per_px: float
    opened_at: str


@dataclass(frozen=True)
class Extent:
    """Answered frames of a camera on a roll, and the web from the first to the last; None where there are none."""

    frames: int
    from_mm: float | None
    to_mm: float | None


@dataclass(frozen=True)
class StoredAnswer:
    """The answer of a frame, and the pixels that it is for."""

    pixel_hash: bytes
    answer: bytes


@dataclass(frozen=True)
class StoredFrame:
    """A frame as its readers see it."""

    frame_id: str
    camera_id: str
    roll_id: str
    sequence: int
    rows: int
    columns: int
    bits: int
    captured_at: str | None
    received_at: str
    pixel_hash: bytes
    verdict: str
    answer: bytes


def frame_id(number: int) -> str:
    """Write a frame's number as it is told outside: 16 hexadecimal digits."""
    return f"{number:016x}"


def stamp(moment: datetime) -> str:
    """Write a moment as the store keeps it: UTC, RFC 3339, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
