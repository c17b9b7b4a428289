"""Findings: what was seen and named, in millimetres on the web.

In:  candidates with their names, the calibration, the lanes' numbers, where the frame lies on the web.
Out: findings to be judged.
"""

import math
from collections.abc import Sequence

from inspection.calibration import Calibration
from inspection.candidates import Candidates
from inspection.classification import Name
from inspection.defect import Finding
from inspection.frame import Frame


def findings_of(
    candidates: Candidates,
    names: Sequence[Name],
    calibration: Calibration,
    frame: Frame,
    *,
    lane_numbers: Sequence[int],
    position_mm: float,
) -> list[Finding]:
    """Candidates as findings, in the same order.

    Parameters
    ----------
    candidates : Candidates
    names : sequence of Name
        One for each.
    calibration : Calibration
    frame : Frame
    lane_numbers : sequence of int
        Number of each calibrated lane, see `lane_extents`.
    position_mm : float
        Web position of row 0.
    """
    placement = calibration.placement
    findings = []
    unlike = [None if math.isnan(score) else score for score in candidates.unlike_product.tolist()]
    for region, lane, name, score in zip(candidates.regions, candidates.lanes, names, unlike, strict=True):
        row, column = region.box.centre
        findings.append(
            Finding(
                kind=name.kind,
                probability=name.probability,
                lane=None if lane is None else lane_numbers[lane],
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
