"""Zones: where across the web something lies, so that limits may differ there.

In:  where a frame's lanes lay, and what the frame shows of the web.
Out: the zone of each finding, and how wide each zone is in the frame.

An edge that lies on the frame's own rim is none: there the lane leaves the frame, and goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from inspection.defect import Finding
from inspection.geometry import View

_DIGITS = 3
"""Lanes are told to a micrometre; a record read back must judge as the frame was judged."""

_RIM_MM = 0.002


class Zone(StrEnum):
    """A part of the web's width. `edge` and `inner` share the coating between them; `foil` is bare."""

    EDGE = "edge"
    INNER = "inner"
    FOIL = "foil"


class Lane(Protocol):
    """Where a lane lay."""

    @property
    def left_mm(self) -> float:
        """Its edge at the operator side."""

    @property
    def right_mm(self) -> float:
        """Its edge at the drive side."""


@dataclass(frozen=True)
class Across:
    """What a frame shows of the web's width.

    Attributes
    ----------
    view : View
    lanes : sequence of Lane
    """

    view: View
    lanes: Sequence[Lane]

    @cached_property
    def edges_mm(self) -> tuple[float, ...]:
        """Where the lane edges in sight lie."""
        low, high = self.view.left_mm + _RIM_MM, self.view.right_mm - _RIM_MM
        edges = (edge for lane in self._lanes_mm() for edge in lane)
        return tuple(edge for edge in edges if low < edge < high)

    def zone_of(self, finding: Finding, edge_zone_mm: float) -> Zone:
        """The zone in which a finding lies; one that reaches into the edge zone lies there."""
        if finding.lane is None:
            return Zone.FOIL
        reach = finding.width_mm / 2 + edge_zone_mm
        near = any(abs(finding.cross_mm - edge) <= reach for edge in self.edges_mm)
        return Zone.EDGE if near else Zone.INNER

    def share(self, zone: Zone, edge_zone_mm: float) -> float:
        """How much of the frame's width lies in a zone, from 0 to 1."""
        width_mm = self.view.right_mm - self.view.left_mm
        coated = sum(self._seen_mm(left, right) for left, right in self._lanes_mm()) / width_mm
        if zone is Zone.FOIL:
            return 1 - coated
        edge = sum(self._edge_mm(left, right, edge_zone_mm) for left, right in self._lanes_mm()) / width_mm
        return edge if zone is Zone.EDGE else coated - edge

    def _edge_mm(self, left: float, right: float, edge_zone_mm: float) -> float:
        """How much of a lane lies within the edge zones of its own edges in sight."""
        begin = left + edge_zone_mm if left in self.edges_mm else left
        end = right - edge_zone_mm if right in self.edges_mm else right
        return self._seen_mm(left, right) - self._seen_mm(begin, end)

    def _seen_mm(self, left: float, right: float) -> float:
        return max(min(right, self.view.right_mm) - max(left, self.view.left_mm), 0.0)

    def _lanes_mm(self) -> list[tuple[float, float]]:
        return [(round(lane.left_mm, _DIGITS), round(lane.right_mm, _DIGITS)) for lane in self.lanes]
