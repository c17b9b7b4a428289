"""What a request says of a frame: its query, parsed, and what is left of one that was refused."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, TypeAlias

from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError, WrapValidator

from service.settings import NAME_PATTERN

ROLL_PATTERN: Final = r"^[^\x00-\x1f\x7f]+$"
"""A roll's name is anybody's; it only may not hold what would end a line."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _rfc_3339(told: object) -> object:
    """Refuse what else would be taken for a time, such as a bare number."""
    if isinstance(told, str) and not _RFC_3339.fullmatch(told):
        raise ValueError("expected a time with its offset as in 2030-01-31T12:00:00Z")
    return told


Moment: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_rfc_3339)]
"""A time with its offset, RFC 3339."""


class FrameQuery(BaseModel):
    """The query of a posted frame."""

    roll: str = Field(min_length=1, max_length=128, pattern=ROLL_PATTERN, description="Id of the roll.")
    sequence: int = Field(ge=0, le=2**53, description="From 0, one more for each frame of this camera on this roll.")
    position_mm: float | None = Field(
        None,
        ge=-1e9,
        le=1e9,
        allow_inf_nan=False,
        description="Down-web position of row 0; else sequence x rows x scale.",
    )
    captured_at: Moment | None = Field(None, description="When the frame was taken, RFC 3339.")
    width: int | None = Field(None, ge=1, le=2**31, description="Columns; needed for raw pixels.")
    height: int | None = Field(None, ge=1, le=2**31, description="Rows; needed for raw pixels.")
    pixel_format: str | None = Field(
        None, max_length=32, description="PFNC name, for instance Mono8 or Mono12p; needed for raw pixels."
    )


_QUERY = TypeAdapter(FrameQuery)


def parsed_query(query: Mapping[str, Any]) -> FrameQuery:
    """Parse a frame's query; done here because FastAPI takes half a millisecond for it.

    Raises
    ------
    RequestValidationError
        Something is missing or malformed.
    """
    try:
        return _QUERY.validate_python(dict(query))
    except ValidationError as problem:
        raise RequestValidationError(problem.errors()) from problem


_CAMERA: TypeAdapter[str] = TypeAdapter(Annotated[str, Field(pattern=NAME_PATTERN)])


def parsed_camera(path: Mapping[str, Any]) -> str:
    """Parse a camera's name in a frame's address.

    Raises
    ------
    RequestValidationError
        It holds what no name may.
    """
    try:
        return _CAMERA.validate_python(path["camera_id"])
    except ValidationError as problem:
        raise RequestValidationError(
            [{**error, "loc": ("path", "camera_id")} for error in problem.errors()]
        ) from problem


def query_parameters() -> list[dict[str, Any]]:
    """Describe a frame's query for the OpenAPI document."""
    schema = FrameQuery.model_json_schema()
    return [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": of_name}
        for name, of_name in schema["properties"].items()
    ]


def _if_valid(value: Any, valid: Callable[[Any], Any]) -> Any:
    """Take what is malformed as not told: it may be the very reason for the refusal."""
    try:
        return valid(value)
    except ValidationError:
        return None


class NumberedFrame(BaseModel):
    """What a refused request told of its frame."""

    camera_id: Annotated[str, Field(pattern=NAME_PATTERN)]
    roll: Annotated[str, Field(min_length=1, max_length=128, pattern=ROLL_PATTERN)]
    sequence: Annotated[int, Field(ge=0, le=2**53)]
    position_mm: Annotated[
        Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)] | None, WrapValidator(_if_valid)
    ] = None
    height: Annotated[Annotated[int, Field(ge=1, le=1 << 20)] | None, WrapValidator(_if_valid)] = None


_NUMBERED = TypeAdapter(NumberedFrame)


def parsed_number(path: Mapping[str, Any], query: Mapping[str, Any]) -> NumberedFrame | None:
    """Tell which frame a request is about, None where it does not tell well enough."""
    try:
        return _NUMBERED.validate_python({**query, **path})
    except ValidationError:
        return None
