"""Replaying a roll: each of its frames as it was judged, and as another recipe would judge it.

A frame is judged anew from its record: what was found stays found, and only limits are asked again. Where filters
differ too, what would be found is told by its picture alone, where that was kept; of all other frames the answer
is by limits, and says so. What held a frame holds it again, but for the recipe's own limit on hidden web.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from inspection.defect import Finding
from inspection.errors import CalibrationError
from inspection.geometry import Placement, View
from inspection.recipe import Recipe
from inspection.record import FrameRecord, ModelRef
from inspection.roll.pieces import Origin
from inspection.verdict import Judgement, Verdict, VerdictSettings, judge
from inspection.zones import Across
from service.calibrations import load_calibration
from service.rollbook.opened import OpenedRoll
from service.rollbook.reinspecting import Eye, Reinspection
from service.store import reads
from service.store.connection import Connection
from service.store.replays import FrameRead, frames_read

Source: TypeAlias = Literal["record", "picture", "as recorded"]
"""By what a frame was judged anew; `as recorded`: it could not be, and is told as it was."""

_ANYWHERE = View(-math.inf, math.inf)
"""Where nobody knows what a camera saw across the web, nothing is taken for what its neighbour saw too."""


@dataclass(frozen=True)
class FrameReplayed:
    """A frame under both recipes.

    Attributes
    ----------
    frame : FrameRead
    before, after : FrameRecord
        As it was judged, and as it would be.
    source : {"record", "picture", "as recorded"}
    as_recorded : bool
        Whether its own recipe, asked again, says what was recorded; another release may have judged otherwise.
    origin : Origin
        For joining what it shows with what others show.
    """

    frame: FrameRead
    before: FrameRecord
    after: FrameRecord
    source: Source
    as_recorded: bool
    origin: Origin


def replay(
    connection: Connection, roll: OpenedRoll, recipe: Recipe, data_dir: Path, pictures: Reinspection | None
) -> Iterator[FrameReplayed]:
    """Walk a roll's frames, camera by camera along the web.

    Parameters
    ----------
    connection : Connection
    roll : OpenedRoll
    recipe : Recipe
        By which it is judged anew.
    data_dir : Path
        Where the calibrations lie.
    pictures : Reinspection, optional
        Where the recipe changes what is found.
    """
    roll_id = roll.entry.roll_id
    for camera_id in reads.cameras_of_roll(connection, roll_id):
        eye = _eye(connection, roll_id, camera_id, data_dir)
        for frame in frames_read(connection, roll_id, camera_id):
            yield _replayed(frame, roll, recipe, eye, pictures)


def _eye(connection: Connection, roll_id: str, camera_id: str, data_dir: Path) -> Eye | None:
    """What a camera measured by; None where its calibration cannot be read any more."""
    pinned = reads.roll_camera(connection, roll_id, camera_id)
    if pinned is None:
        return None
    if pinned.calibration_version is None:
        return Eye(None, Placement(pinned.mm_per_px, pinned.mm_per_px))
    try:
        calibration = load_calibration(data_dir, camera_id, pinned.calibration_version)
    except CalibrationError:
        return None
    return Eye(calibration, calibration.placement)


def _replayed(
    frame: FrameRead, roll: OpenedRoll, recipe: Recipe, eye: Eye | None, pictures: Reinspection | None
) -> FrameReplayed:
    before = _recorded(frame, roll)
    told = partial(FrameReplayed, frame=frame, before=before, origin=_origin(frame, eye))
    if eye is None:
        return told(after=before, source="as recorded", as_recorded=True)
    if pictures and (seen := pictures.inspect(frame, eye)):
        return told(after=seen, source="picture", as_recorded=True)
    if not frame.defects and not frame.events:
        return told(after=before, source="record", as_recorded=True)
    then, now = _judged_anew(frame, eye.placement, roll.recipe.verdict, recipe.verdict)
    after = replace(
        before, verdict=now.verdict, reasons=now.reasons, defects=now.defects, events=now.events, recipe=recipe.ref
    )
    return told(after=after, source="record", as_recorded=_agrees(then, frame))


def _judged_anew(
    frame: FrameRead, placement: Placement, before: VerdictSettings, after: VerdictSettings
) -> tuple[Judgement, Judgement]:
    """A frame's findings judged by its own recipe and by another, what held it kept."""
    findings: list[Finding] = [*(defect.finding for defect in frame.defects), *frame.events]
    # In the order in which inspection multiplies: what lies just at a limit stays there.
    area_mm2 = frame.rows * placement.mm_per_px_down * frame.columns * placement.mm_per_px_cross
    across = Across(placement.view(frame.columns), frame.lanes)
    then = judge(findings, (), area_mm2, before, across)
    if holds := _holds(frame, then):
        then = judge(findings, holds, area_mm2, before, across)
    return then, judge(findings, holds, area_mm2, after, across)


def _holds(frame: FrameRead, own: Judgement) -> tuple[str, ...]:
    """What held a frame beside its findings: reasons that judging them does not give by itself."""
    if frame.verdict is not Verdict.HOLD:
        return ()
    rest = len(frame.reasons) - len(own.reasons)
    return frame.reasons[:rest] if rest >= 0 and frame.reasons[rest:] == own.reasons else frame.reasons


def _agrees(own: Judgement, frame: FrameRead) -> bool:
    severities = [defect.severity for defect in own.defects]
    return own.verdict is frame.verdict and severities == [defect.severity for defect in frame.defects]


def _recorded(frame: FrameRead, roll: OpenedRoll) -> FrameRecord:
    entry = roll.entry
    return FrameRecord(
        verdict=frame.verdict,
        reasons=frame.reasons,
        defects=frame.defects,
        events=frame.events,
        lanes=(),
        timing_ms={},
        recipe=roll.recipe.ref,
        calibration=None,
        model=ModelRef(entry.model_name, entry.model_version, entry.model_sha256),
    )


def _origin(frame: FrameRead, eye: Eye | None) -> Origin:
    view = eye.placement.view(frame.columns) if eye else _ANYWHERE
    return Origin(frame.id, frame.camera_id, view, frame.rows, frame.received_at)
