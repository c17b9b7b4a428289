"""What a request asks of defects, as their filter."""

from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from inspection.defect import Kind, Severity
from service.frame_query import Moment
from service.rollbook.cursors import LONGEST_CURSOR
from service.settings import NAME_PATTERN
from service.store.entries import stamp
from service.store.web_filters import DefectFilter

_FARTHEST_M = 1e6

Metres: TypeAlias = Annotated[float, Field(ge=-_FARTHEST_M, le=_FARTHEST_M, allow_inf_nan=False)]
_Measure: TypeAlias = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
_Cross: TypeAlias = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
_Camera: TypeAlias = Annotated[str, Field(pattern=NAME_PATTERN)]
_Lane: TypeAlias = Annotated[int, Field(ge=0, le=1000)]


class DefectQuery(BaseModel):
    """The query of a list of defects; what may be given several times fits when one of them does."""

    model_config = ConfigDict(extra="forbid")

    kind: list[Kind] = Field([], max_length=len(Kind))
    severity: list[Severity] = Field([], max_length=len(Severity))
    lane: list[_Lane] = Field([], max_length=64, description="From 1 at the operator side; 0 is bare foil.")
    camera: list[_Camera] = Field([], max_length=64, description="That saw most of the defect.")
    needs_review: bool | None = None
    from_m: Metres | None = Field(None, description="Defects that begin here or behind.")
    to_m: Metres | None = Field(None, description="Defects that begin before.")
    left_mm: _Cross | None = Field(None, description="Defects that reach over this line, seen from the operator side.")
    right_mm: _Cross | None = Field(None, description="Defects that begin on this side of the line.")
    least_area_mm2: _Measure | None = None
    most_area_mm2: _Measure | None = None
    least_length_mm: _Measure | None = Field(None, description="Extent along the web.")
    most_length_mm: _Measure | None = None
    since: Moment | None = Field(None, description="Found then or later.")
    until: Moment | None = Field(None, description="Found before.")
    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(None, min_length=1, max_length=LONGEST_CURSOR, description="The `next` of a page.")

    def filter_of(self, roll_id: str | None = None) -> DefectFilter:
        """Return what is asked of defects."""
        return DefectFilter(
            roll_id=roll_id,
            kinds=tuple(self.kind),
            severities=tuple(self.severity),
            lanes=tuple(self.lane),
            camera_ids=tuple(self.camera),
            needs_review=self.needs_review,
            from_mm=None if self.from_m is None else 1e3 * self.from_m,
            to_mm=None if self.to_m is None else 1e3 * self.to_m,
            left_mm=self.left_mm,
            right_mm=self.right_mm,
            least_mm2=self.least_area_mm2,
            most_mm2=self.most_area_mm2,
            least_mm=self.least_length_mm,
            most_mm=self.most_length_mm,
            since=stamp(self.since) if self.since else None,
            until=stamp(self.until) if self.until else None,
        )
