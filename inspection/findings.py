"""Findings: what was seen and named, in millimetres on the web.

In:  candidates with their names, the calibration, where the frame lies on the web.
Out: findings to be judged, and where the lanes lay.
"""

import math
from collections.abc import Sequence

from inspection.calibration import Calibration
from inspection.candidates import Candidates
from inspection.classification import Name
from inspection.defect import Finding
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.record import LaneExtent
from inspection.web import Web


def findings_of(
    candidates: Candidates, names: Sequence[Name], calibration: Calibration, frame: Frame, position_mm: float
) -> list[Finding]:
    """Candidates as findings, in the same order.

    Parameters
    ----------
    candidates : Candidates
    names : sequence of Name
        One for each.
    calibration : Calibration
    frame : Frame
    position_mm : float
        Web position of row 0.
    """
    placement, lanes = calibration.placement, len(calibration.lanes_px)
    findings = []
    unlike = [None if math.isnan(score) else score for score in candidates.unlike_product.tolist()]
    for region, lane, name, score in zip(candidates.regions, candidates.lanes, names, unlike, strict=True):
        row, column = region.box.centre
        findings.append(
            Finding(
                kind=name.kind,
                probability=name.probability,
                lane=_lane_number(lane, lanes, placement),
                box=region.box,
                down_mm=placement.down_mm(row, position_mm),
                cross_mm=placement.cross_mm(column, frame.columns),
                length_mm=region.box.height * placement.mm_per_px_down,
                width_mm=region.box.width * placement.mm_per_px_cross,
                area_mm2=region.area_px * placement.mm_per_px_down * placement.mm_per_px_cross,
                contrast_sigma=region.contrast_sigma,
                unlike_product=score,
            )
        )
    return findings


def _lane_number(lane: int | None, lanes: int, placement: Placement) -> int | None:
    """From 1 at the operator side."""
    if lane is None:
        return None
    return lanes - lane if placement.mirrored else lane + 1


def lane_extents(web: Web, placement: Placement, columns: int) -> tuple[LaneExtent, ...]:
    """Where each lane lay on the web, averaged over the frame, from the operator side."""
    extents = []
    for lane, edges in enumerate(web.lanes_px):
        left, right = sorted(placement.cross_mm(float(edge), columns) for edge in edges)
        extents.append(LaneExtent(_lane_number(lane, len(web.lanes_px), placement) or 1, left, right))
    return tuple(sorted(extents, key=lambda extent: extent.lane))
