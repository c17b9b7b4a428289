"""What is asked and answered, for parsing and for the OpenAPI document."""

from datetime import datetime
from http import HTTPStatus
from math import isfinite
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, Field

from service.camera_watch import CameraInput
from service.frame_query import ROLL_PATTERN
from service.roll_names import named
from service.settings import NAME_PATTERN

RollId: TypeAlias = Annotated[
    str,
    Path(min_length=1, max_length=128, pattern=ROLL_PATTERN, description="As its frames name it."),
    BeforeValidator(named),
]
CameraId: TypeAlias = Annotated[
    str, Path(pattern=NAME_PATTERN, description="The camera's name: letters, digits, `.`, `_` and `-`.")
]
FrameId: TypeAlias = Annotated[
    str, Path(pattern="^[0-7][0-9a-f]{15}$", description="As it stands in an answer: 63 bits in hexadecimal digits.")
]


class BoxPx(BaseModel):
    """A rectangle in the frame's pixels."""

    x: int
    y: int
    width: int
    height: int


class FindingAnswer(BaseModel):
    """Something seen on the web."""

    id: str
    kind: str
    probability: float
    lane: int | None
    box_px: BoxPx
    down_mm: float
    cross_mm: float
    length_mm: float
    width_mm: float
    area_mm2: float
    contrast_sigma: float
    unlike_product: float | None = Field(
        description="How far from clean web of this product: 1 is further than 999 of 1000 clean crops."
    )


class DefectAnswer(FindingAnswer):
    """A defect with its severity."""

    severity: Literal["minor", "major", "critical"]
    needs_review: bool


class PatchAnswer(BaseModel):
    """A coated interval of a skip-coated lane, as far as the frame shows it."""

    from_mm: float
    to_mm: float
    from_in_sight: bool = Field(description="The patch begins here; else the frame does.")
    to_in_sight: bool


class LaneAnswer(BaseModel):
    """Where a lane lay."""

    lane: int
    left_mm: float
    right_mm: float
    width_mm: float
    left_in_sight: bool = Field(description="The edge was measured; else the lane reaches the frame's rim there.")
    right_in_sight: bool
    left_wave_mm: float | None = Field(description="Root mean square of the edge about its slow course.")
    right_wave_mm: float | None
    patches: list[PatchAnswer] | None = Field(description="null: the lane is not skip-coated.")


class RecipeAnswer(BaseModel):
    """The recipe a frame was judged by."""

    name: str
    version: int


class CalibrationAnswer(BaseModel):
    """The calibration a frame was measured by."""

    version: int


class ModelAnswer(BaseModel):
    """The classifier that named the defects."""

    name: str
    version: str
    sha256: str


class FrameAnswer(BaseModel):
    """A frame's outcome."""

    frame_id: str
    camera_id: str
    roll_id: str
    sequence: int
    calibrated: bool
    verdict: Literal["pass", "warn", "reject", "hold"]
    reasons: list[str]
    defects: list[DefectAnswer]
    events: list[FindingAnswer]
    lanes: list[LaneAnswer]
    timing_ms: dict[str, float]
    recipe: RecipeAnswer
    calibration: CalibrationAnswer | None
    model: ModelAnswer


class ShownBox(BoxPx):
    """A defect as the live page draws it."""

    kind: str
    severity: Literal["minor", "major", "critical"]


class FrameSummary(BaseModel):
    """A frame in the list of the latest, and in the stream of live events."""

    frame_id: str
    camera_id: str
    roll_id: str
    sequence: int
    received_at: datetime
    rows: int
    columns: int
    verdict: Literal["pass", "warn", "reject", "hold"]
    reasons: list[str]
    boxes: list[ShownBox]
    has_image: bool
    total_ms: float | None = Field(description="From the last byte to the record; only known live.")


class LastFrame(BaseModel):
    """The latest frame of a camera."""

    frame_id: str
    roll_id: str
    sequence: int
    received_at: datetime
    verdict: Literal["pass", "warn", "reject", "hold"]


class AlarmAnswer(BaseModel):
    """A measure of a camera's input beyond its limit."""

    measure: str
    value: float = Field(description="Median of the latest samples.")
    limit: float
    since: datetime
    told: str = Field(description="What it means and what to do.")


class InputHealthAnswer(BaseModel):
    """How lamp, lens and sensor do against the calibration."""

    measured_at: datetime
    calibration_version: int
    measures: dict[str, float | None] = Field(
        description="lamp, focus, noise: 1 is as calibrated; flicker, flat_field, saturated: 0 is best."
    )
    alarms: list[AlarmAnswer]

    @classmethod
    def of(cls, seen: CameraInput) -> "InputHealthAnswer":
        """Tell what cannot be measured as null."""
        return cls(
            measured_at=seen.measured_at,
            calibration_version=seen.calibration_version,
            measures={name: value if isfinite(value) else None for name, value in seen.measures.items()},
            alarms=[AlarmAnswer.model_validate(alarm, from_attributes=True) for alarm in seen.alarms],
        )


class RangeAnswer(BaseModel):
    """A measure in one minute."""

    mean: float
    low: float
    high: float


class HealthMinuteAnswer(BaseModel):
    """A camera's input in one minute."""

    begun_at: datetime = Field(description="Moment of the first sample.")
    calibration_version: int
    samples: int = Field(description="Frames that were measured.")
    measures: dict[str, RangeAnswer | None]


class CameraAnswer(BaseModel):
    """What a restarted edge PC needs to go on."""

    camera_id: str
    last: LastFrame | None = Field(description="The latest frame answered.")
    last_sequence: int | None = Field(description="The largest sequence answered on that frame's roll.")
    not_inspected: int = Field(description="Frames of that roll that were refused and not sent again.")
    position_runs_backwards: bool = Field(
        description="The latest frame lies before the one sent before it: check the encoder."
    )
    newest_calibration: int | None = Field(description="What the next roll will be measured by.")
    under_way: int = Field(description="Frames of this camera being taken in.")
    queue_frames: int = Field(description="How many may be.")
    health: Literal["ok", "not calibrated", "full", "store failing"]
    input_health: InputHealthAnswer | None = Field(description="Null until a calibrated frame was measured.")


class StretchAnswer(BaseModel):
    """Web of a roll that was not inspected."""

    first_sequence: int
    last_sequence: int
    from_m: float | None = Field(description="Along the web from the roll's start; null where nothing tells.")
    to_m: float | None
    causes: dict[str, int] = Field(description="Frames for each cause; `missing` ones never came here.")


class CameraStretches(BaseModel):
    """What one camera did not see of a roll."""

    camera_id: str
    frames: int
    metres: float
    stretches: list[StretchAnswer]


class NotInspectedAnswer(BaseModel):
    """What was not inspected of a roll; where there is any, the roll cannot pass."""

    roll_id: str
    cameras: list[CameraStretches]


class Health(BaseModel):
    """Whether the station lives, or is ready."""

    status: str
    reasons: list[str] = []


class CheckAnswer(BaseModel):
    """One condition of being ready."""

    name: str
    ok: bool
    told: str


class Readiness(Health):
    """Whether frames can be taken in, and what was looked at."""

    checks: list[CheckAnswer]


class ProblemAnswer(BaseModel):
    """A problem by RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    retry_after_ms: int | None = None


class AuditAnswer(BaseModel):
    """A row of the audit trail."""

    id: int
    at: str
    actor_kind: Literal["user", "key", "command line", "nobody"]
    actor: str
    address: str
    verb: str
    subject: str
    details: dict[str, str | int | float | bool | None]
    hash: str


class AuditPage(BaseModel):
    """Rows of the audit trail, the latest first; `next_before` is None on the last page."""

    rows: list[AuditAnswer]
    next_before: int | None


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare for the OpenAPI document that a route refuses with problems of these statuses."""
    problem = {"application/problem+json": {"schema": ProblemAnswer.model_json_schema()}}
    return {status: {"description": HTTPStatus(status).phrase, "content": problem} for status in statuses}


def answered_by(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Declare for the OpenAPI document that a route answers with something else than JSON."""
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}}}
