"""The pipeline: every stage in order, from pixels to a record.

    Frame -> flat field -> web -> frame checks -> screening -> segmentation -> averages
          -> regions -> candidates -> classification -> verdict -> record

On a clean frame nothing is left to do after the averages. Nothing here remembers anything: an `Inspector` may be
called from many threads, and any of them may take any frame.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.averages import average
from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.candidates import CROP_PX, Candidates, cut_candidates
from inspection.classification import Classifier, Name, unnamed
from inspection.defect import Finding
from inspection.errors import CalibrationError, DeadlinePassed, ModelError
from inspection.expectation import expect
from inspection.findings import findings_of
from inspection.flat_field import Windows, measure_light, place_windows
from inspection.frame import Frame
from inspection.frame_checks import check_frame
from inspection.geometry import Placement
from inspection.input_health import InputHealth
from inspection.input_measuring import measure_input
from inspection.lane_extents import FrameLanes, lanes_in
from inspection.recipe import Recipe
from inspection.record import CalibrationRef, FrameRecord
from inspection.regions import Region, find_regions
from inspection.screening import Screening, screen
from inspection.segmentation import flooded, segment
from inspection.verdict import Verdict, judge
from inspection.web import Web, find_web
from inspection.zones import Across

# Frames are inspected in parallel; threads inside OpenCV would only fight over the same cores.
cv2.setNumThreads(1)

NOT_CALIBRATED = "not calibrated"
NOT_NAMED = "not named"
"""How reasons to hold begin that are no defect's."""


@dataclass(frozen=True, eq=False)
class Inspection:
    """A record, a picture of every defect and event in it, and what they were named by.

    Attributes
    ----------
    record : FrameRecord
    crops : ndarray of shape (defects + events, 64, 64), uint8
    candidates : Candidates or None
        As they were given to the classifier; None where nothing could be measured.
    order : tuple of int
        Place in `candidates` of each defect, then of each event.
    """

    record: FrameRecord
    crops: NDArray[np.uint8]
    candidates: Candidates | None = None
    order: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Sight:
    """What was seen of the web before anything was named.

    Attributes
    ----------
    web : Web
    holds : tuple of str
        Reasons why the frame cannot be judged.
    candidates : Candidates
    """

    web: Web
    holds: tuple[str, ...]
    candidates: Candidates


def look(frame: Frame, calibration: Calibration, recipe: Recipe, windows: Windows | None = None) -> Sight:
    """Find every candidate in a frame: all stages before naming.

    Parameters
    ----------
    frame : Frame
        Of the calibration's columns and bits.
    calibration : Calibration
    recipe : Recipe
    windows : Windows, optional
        From `light_windows(calibration)`, for callers with many frames.
    """
    pixels, windows = frame.pixels, windows or light_windows(calibration)
    light = measure_light(pixels, windows, recipe.flat_field)
    web = find_web(pixels, light, windows, calibration, recipe.web)
    holds = check_frame(frame, light, web, calibration, recipe.frame_checks)
    expectation = expect(light, web, calibration, recipe.web.guard_px)
    screening = screen(pixels, expectation, calibration, recipe.screening)
    regions, flood = _regions(frame, screening, web, calibration, recipe)
    candidates = cut_candidates(pixels, regions, expectation, web, calibration)
    return Sight(web, (*holds, *flood), candidates)


def light_windows(calibration: Calibration) -> Windows:
    """Where a camera's light is measured."""
    return place_windows(calibration.lanes_px, calibration.gain * np.float32(calibration.coating_gl))


def _regions(
    frame: Frame, screening: Screening, web: Web, calibration: Calibration, recipe: Recipe
) -> tuple[tuple[Region, ...], tuple[str, ...]]:
    """The regions to be judged, and why they are not all when the frame is flooded."""
    if flooded(screening, recipe.segmentation):
        share = cv2.countNonZero(screening.points) / screening.points.size
        return (), (f"flooded: {share:.0%} of the frame stands out",)
    patches = segment(frame.pixels, screening, calibration)
    rest = average(screening, patches, calibration, recipe.screening)
    regions = find_regions(patches, rest, screening.expectation, web, calibration, recipe.regions)
    most = recipe.regions.most
    if len(regions) > most:
        return regions[:most], (f"flooded: {len(regions)} places stand out, at most {most} can be judged",)
    return regions, ()


class Inspector:
    """Inspects one camera's frames by one recipe.

    Parameters
    ----------
    recipe : Recipe
    classifier : Classifier
    placement : Placement, optional
        Where the camera looks; a calibration brings its own.
    calibration : Calibration, optional
        Without one each frame is measured by its own statistics and held.
    timer : callable
        Seconds, monotonic; deadlines are on the same clock.
    """

    def __init__(
        self,
        recipe: Recipe,
        classifier: Classifier,
        *,
        placement: Placement | None = None,
        calibration: Calibration | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.recipe, self.classifier, self.calibration = recipe, classifier, calibration
        self.placement = calibration.placement if calibration else placement or Placement()
        self._windows = light_windows(calibration) if calibration else None
        self._naming = recipe.naming
        self._timer = timer

    def inspect(
        self,
        frame: Frame,
        *,
        position_mm: float = 0.0,
        decode_ms: float = 0.0,
        holds: Sequence[str] = (),
        deadline: float | None = None,
    ) -> Inspection:
        """Inspect one frame.

        Parameters
        ----------
        frame : Frame
        position_mm : float
            Web position of row 0.
        decode_ms : float
            What decoding took, for the record.
        holds : sequence of str
            Reasons to hold that the frame alone does not show.
        deadline : float, optional
            Moment on the timer's clock after which an answer is of no use.

        Raises
        ------
        DeadlinePassed
            The deadline passed between two stages.
        """
        begun = self._timer()
        try:
            calibration, own_holds = self._calibration_for(frame)
        except CalibrationError as problem:
            return self._unmeasured((*holds, f"{NOT_CALIBRATED}, and nothing to measure by: {problem}"), decode_ms)
        windows = self._windows if calibration is self.calibration else None
        sight = look(frame, calibration, self.recipe, windows)
        seen = self._in_time(deadline)
        names, unanswered = self._named(sight.candidates)
        named = self._in_time(deadline)
        timing = {"decode": decode_ms, "detect": 1e3 * (seen - begun), "classify": 1e3 * (named - seen)}
        lanes = lanes_in(sight.web, calibration, self.recipe.lanes, frame, position_mm)
        findings = findings_of(
            sight.candidates, names, calibration, frame, lane_numbers=lanes.numbers, position_mm=position_mm
        )
        held = (*holds, *own_holds, *sight.holds, *unanswered)
        record = self._record(findings, held, lanes, frame, calibration, timing)
        order = _record_order(record, findings)
        return Inspection(record, sight.candidates.pictures[list(order)], sight.candidates, order)

    def input_health(self, frame: Frame) -> InputHealth | None:
        """Measure how camera, lens and lamp are doing; None of a frame that the calibration does not fit."""
        calibration, windows, recipe = self.calibration, self._windows, self.recipe
        if windows is None or calibration is None or not _fits(calibration, frame):
            return None
        light = measure_light(frame.pixels, windows, recipe.flat_field)
        web = find_web(frame.pixels, light, windows, calibration, recipe.web)
        return measure_input(frame, light, web, windows, calibration, guard_px=recipe.web.guard_px)

    def _named(self, candidates: Candidates) -> tuple[Sequence[Name], tuple[str, ...]]:
        """Names, and why there are none: what nobody named is still told, and never passes."""
        try:
            return self.classifier.name(candidates, self._naming), ()
        except ModelError as problem:
            return unnamed(candidates), (f"{NOT_NAMED}: {problem}",)

    def _calibration_for(self, frame: Frame) -> tuple[Calibration, tuple[str, ...]]:
        """The camera's calibration where it fits the frame, else the frame's own statistics and why."""
        wanted = self.calibration
        if wanted and _fits(wanted, frame):
            return wanted, ()
        own = calibrate([frame], self.placement, version=0)
        if wanted is None:
            return own, (NOT_CALIBRATED,)
        return own, (
            f"{NOT_CALIBRATED} for {frame.columns} columns of {frame.bits} bits, "
            f"only for {wanted.columns} of {wanted.bits}",
        )

    def _unmeasured(self, holds: tuple[str, ...], decode_ms: float) -> Inspection:
        """What is told of a frame without a calibration that shows no web either."""
        record = FrameRecord(
            verdict=Verdict.HOLD,
            reasons=holds,
            defects=(),
            events=(),
            lanes=(),
            timing_ms={"decode": decode_ms, "detect": 0.0, "classify": 0.0},
            recipe=self.recipe.ref,
            calibration=None,
            model=self.classifier.ref,
        )
        return Inspection(record, np.empty((0, CROP_PX, CROP_PX), np.uint8))

    def _record(
        self,
        findings: Sequence[Finding],
        holds: Sequence[str],
        lanes: FrameLanes,
        frame: Frame,
        calibration: Calibration,
        timing_ms: dict[str, float],
    ) -> FrameRecord:
        placement = calibration.placement
        area_mm2 = frame.rows * placement.mm_per_px_down * frame.columns * placement.mm_per_px_cross
        across = Across(placement.view(frame.columns), lanes.extents)
        judgement = judge(findings, holds, area_mm2, self.recipe.verdict, across)
        return FrameRecord(
            verdict=judgement.verdict,
            reasons=judgement.reasons,
            defects=judgement.defects,
            events=judgement.events,
            lanes=lanes.extents,
            timing_ms=timing_ms,
            recipe=self.recipe.ref,
            calibration=CalibrationRef(calibration.version) if calibration.version else None,
            model=self.classifier.ref,
        )

    def _in_time(self, deadline: float | None) -> float:
        """The present moment, unless the deadline has passed."""
        now = self._timer()
        if deadline is not None and now > deadline:
            raise DeadlinePassed("expected to answer in time, the deadline passed while inspecting: send fewer frames")
        return now


def _fits(calibration: Calibration, frame: Frame) -> bool:
    return (calibration.columns, calibration.bits) == (frame.columns, frame.bits)


def _record_order(record: FrameRecord, findings: Sequence[Finding]) -> tuple[int, ...]:
    """Places of the record's defects, then of its events, among the findings."""
    places = {id(finding): place for place, finding in enumerate(findings)}
    told = (*(defect.finding for defect in record.defects), *record.events)
    return tuple(places[id(finding)] for finding in told)
