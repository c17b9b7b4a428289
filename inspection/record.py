"""What is remembered of an inspected frame, and the form in which it is told.

A record names everything that made it: recipe, calibration and model.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from inspection.defect import Defect, Finding
from inspection.verdict import Verdict


@dataclass(frozen=True)
class RecipeRef:
    """The recipe a frame was judged by."""

    name: str
    version: int


@dataclass(frozen=True)
class CalibrationRef:
    """The calibration a frame was measured by."""

    version: int


@dataclass(frozen=True)
class ModelRef:
    """The classifier that named the defects."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class CoatedPatch:
    """A coated interval of a skip-coated lane, as far as one frame shows it.

    Attributes
    ----------
    from_mm, to_mm : float
        Along the web, from the start of the roll.
    from_in_sight, to_in_sight : bool
        Whether the patch begins and ends there, or the frame does.
    """

    from_mm: float
    to_mm: float
    from_in_sight: bool
    to_in_sight: bool


@dataclass(frozen=True)
class LaneExtent:
    """Where one lane lay in a frame.

    Attributes
    ----------
    lane : int
        From 1 at the operator side; by the recipe's lane plan over the whole web where it has one.
    left_mm, right_mm : float
        From the operator side, averaged over what is coated of the frame.
    left_in_sight, right_in_sight : bool
        Whether the edge was measured; else the lane reaches the frame's rim there, or the edge was not found.
    left_wave_mm, right_wave_mm : float or None
        Root mean square of the edge about its slow course, chips left out; None where it was not measured.
    patches : tuple of CoatedPatch or None
        None of a lane that is not skip-coated.
    """

    lane: int
    left_mm: float
    right_mm: float
    left_in_sight: bool = True
    right_in_sight: bool = True
    left_wave_mm: float | None = None
    right_wave_mm: float | None = None
    patches: tuple[CoatedPatch, ...] | None = None

    @property
    def width_mm(self) -> float | None:
        """The lane's width; None where an edge was not measured."""
        return self.right_mm - self.left_mm if self.left_in_sight and self.right_in_sight else None


@dataclass(frozen=True)
class FrameRecord:
    """One frame's outcome.

    Attributes
    ----------
    verdict : Verdict
    reasons : tuple of str
        Worst first; empty for a pass.
    defects : tuple of Defect
    events : tuple of Finding
        Seen, but no defect: splices.
    lanes : tuple of LaneExtent
    timing_ms : mapping of stage to milliseconds
    recipe, calibration, model
        What made this record; `calibration` is None when the frame's own statistics had to do.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    defects: tuple[Defect, ...]
    events: tuple[Finding, ...]
    lanes: tuple[LaneExtent, ...]
    timing_ms: Mapping[str, float]
    recipe: RecipeRef
    calibration: CalibrationRef | None
    model: ModelRef

    @property
    def calibrated(self) -> bool:
        """Whether the frame was measured against a calibration."""
        return self.calibration is not None


def held(record: FrameRecord, reasons: tuple[str, ...]) -> FrameRecord:
    """Hold a frame for what it does not show by itself; without reasons the record stays as it is."""
    return replace(record, verdict=Verdict.HOLD, reasons=(*reasons, *record.reasons)) if reasons else record


def to_answer(record: FrameRecord, frame_id: str) -> dict[str, Any]:
    """The record as the plain fields that cameras and `--json` readers get.

    Lengths are rounded to a micrometre, probabilities to 1e-4: finer digits are noise.
    """
    return {
        "calibrated": record.calibrated,
        "verdict": record.verdict.value,
        "reasons": list(record.reasons),
        "defects": [_defect(defect, f"{frame_id}.{number}") for number, defect in enumerate(record.defects, 1)],
        "events": [_finding(event, f"{frame_id}.e{number}") for number, event in enumerate(record.events, 1)],
        "lanes": [_lane(lane) for lane in record.lanes],
        "timing_ms": {stage: round(ms, 3) for stage, ms in record.timing_ms.items()},
        "recipe": asdict(record.recipe),
        "calibration": asdict(record.calibration) if record.calibration else None,
        "model": asdict(record.model),
    }


def _defect(defect: Defect, identity: str) -> dict[str, Any]:
    told = _finding(defect.finding, identity)
    return told | {"severity": defect.severity.value, "needs_review": defect.needs_review}


def _finding(finding: Finding, identity: str) -> dict[str, Any]:
    box = finding.box
    return {
        "id": identity,
        "kind": finding.kind.value,
        "probability": round(finding.probability, 4),
        "lane": finding.lane,
        "box_px": {"x": box.left, "y": box.top, "width": box.width, "height": box.height},
        "down_mm": round(finding.down_mm, 3),
        "cross_mm": round(finding.cross_mm, 3),
        "length_mm": round(finding.length_mm, 3),
        "width_mm": round(finding.width_mm, 3),
        "area_mm2": round(finding.area_mm2, 4),
        "contrast_sigma": round(finding.contrast_sigma, 1),
        "unlike_product": None if finding.unlike_product is None else round(finding.unlike_product, 2),
    }


def _lane(lane: LaneExtent) -> dict[str, Any]:
    return {
        "lane": lane.lane,
        "left_mm": round(lane.left_mm, 3),
        "right_mm": round(lane.right_mm, 3),
        "width_mm": round(lane.right_mm - lane.left_mm, 3),
        "left_in_sight": lane.left_in_sight,
        "right_in_sight": lane.right_in_sight,
        "left_wave_mm": None if lane.left_wave_mm is None else round(lane.left_wave_mm, 4),
        "right_wave_mm": None if lane.right_wave_mm is None else round(lane.right_wave_mm, 4),
        "patches": None if lane.patches is None else [_patch(patch) for patch in lane.patches],
    }


def _patch(patch: CoatedPatch) -> dict[str, Any]:
    return {
        "from_mm": round(patch.from_mm, 3),
        "to_mm": round(patch.to_mm, 3),
        "from_in_sight": patch.from_in_sight,
        "to_in_sight": patch.to_in_sight,
    }
