"""Replaying a roll: each of its frames as it was judged, and as another recipe would judge it.

A frame is judged anew from its record: what was found stays found, and only limits are asked again. Where filters
differ too, what would be found is told by its picture alone, where that was kept; of all other frames the answer
is by limits, and says so. What held a frame holds it again, but for the recipe's own limit on hidden web.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Literal, TypeAlias

from inspection.defect import EVENT_KINDS, Finding, Kind
from inspection.errors import CalibrationError
from inspection.geometry import Placement, View
from inspection.recipe import Recipe
from inspection.record import FrameRecord, ModelRef
from inspection.roll.pieces import Origin
from inspection.verdict import Judgement, Verdict, judge
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True)
class _Trial:
    """A roll, the recipe that is tried on it, and which findings the two judge alike."""

    roll: OpenedRoll
    recipe: Recipe
    pictures: Reinspection | None

    @cached_property
    def model(self) -> ModelRef:
        entry = self.roll.entry
        return ModelRef(entry.model_name, entry.model_version, entry.model_sha256)

    @cached_property
    def alike(self) -> frozenset[Kind]:
        """Kinds of which both recipes have the same rules; a frame of these alone need not be judged twice."""
        own, other = self.roll.recipe.verdict, self.recipe.verdict
        if replace(own, kinds=other.kinds) != other:
            return frozenset()
        return EVENT_KINDS | {kind for kind, rule in own.kinds.items() if rule == other.kinds.get(kind)}

    @cached_property
    def zoned(self) -> frozenset[Kind]:
        """Kinds that either recipe limits by zone: without them nobody asks where a frame's lanes lay."""
        rules = chain(self.roll.recipe.verdict.kinds.items(), self.recipe.verdict.kinds.items())
        return frozenset(kind for kind, rule in rules if any(limit.zone for limit in rule.limits))

    @property
    def asks_for_scores(self) -> bool:
        verdicts = self.roll.recipe.verdict, self.recipe.verdict
        return any(each.review_unlike_above is not None for each in verdicts)


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
    roll_id, trial = roll.entry.roll_id, _Trial(roll, recipe, pictures)
    for camera_id in reads.cameras_of_roll(connection, roll_id):
        eye, wanted = _eye(connection, roll_id, camera_id, data_dir), bool(trial.zoned)
        for frame in frames_read(connection, roll_id, camera_id, answers=wanted, scores=trial.asks_for_scores):
            yield _replayed(frame, trial, eye)


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


def _replayed(frame: FrameRead, trial: _Trial, eye: Eye | None) -> FrameReplayed:
    before, origin = _recorded(frame, trial), _origin(frame, eye)
    if eye is None:
        return FrameReplayed(frame, before, before, "as recorded", True, origin)
    if trial.pictures and (seen := trial.pictures.inspect(frame, eye)):
        return FrameReplayed(frame, before, seen, "picture", True, origin)
    if not frame.defects and not frame.events:
        return FrameReplayed(frame, before, before, "record", True, origin)
    then, now = _judged_anew(frame, eye.placement, trial)
    agrees = _agrees(then, frame)
    after = before if agrees and now is then else _judged(before, now, trial.recipe)
    return FrameReplayed(frame, before, after, "record", agrees, origin)


def _judged(before: FrameRecord, now: Judgement, recipe: Recipe) -> FrameRecord:
    return replace(
        before, verdict=now.verdict, reasons=now.reasons, defects=now.defects, events=now.events, recipe=recipe.ref
    )


def _judged_anew(frame: FrameRead, placement: Placement, trial: _Trial) -> tuple[Judgement, Judgement]:
    """A frame's findings judged by its own recipe and by another, what held it kept; the same where both are alike."""
    findings: list[Finding] = [*(defect.finding for defect in frame.defects), *frame.events]
    kinds = {finding.kind for finding in findings}
    # In the order in which inspection multiplies: what lies just at a limit stays there.
    area_mm2 = frame.rows * placement.mm_per_px_down * frame.columns * placement.mm_per_px_cross
    across = None if kinds.isdisjoint(trial.zoned) else Across(placement.view(frame.columns), frame.lanes())
    own, other = trial.roll.recipe.verdict, trial.recipe.verdict
    then = judge(findings, (), area_mm2, own, across)
    if holds := _holds(frame, then):
        then = judge(findings, holds, area_mm2, own, across)
    return then, then if kinds <= trial.alike else judge(findings, holds, area_mm2, other, across)


def _holds(frame: FrameRead, own: Judgement) -> tuple[str, ...]:
    """What held a frame beside its findings: reasons that judging them does not give by itself."""
    if frame.verdict is not Verdict.HOLD:
        return ()
    rest = len(frame.reasons) - len(own.reasons)
    return frame.reasons[:rest] if rest >= 0 and frame.reasons[rest:] == own.reasons else frame.reasons


def _agrees(own: Judgement, frame: FrameRead) -> bool:
    severities = [defect.severity for defect in own.defects]
    return own.verdict is frame.verdict and severities == [defect.severity for defect in frame.defects]


def _recorded(frame: FrameRead, trial: _Trial) -> FrameRecord:
    return FrameRecord(
        verdict=frame.verdict,
        reasons=frame.reasons,
        defects=frame.defects,
        events=frame.events,
        lanes=(),
        timing_ms={},
        recipe=trial.roll.recipe.ref,
        calibration=None,
        model=trial.model,
    )


def _origin(frame: FrameRead, eye: Eye | None) -> Origin:
    view = eye.placement.view(frame.columns) if eye else _ANYWHERE
    return Origin(frame.id, frame.camera_id, view, frame.rows, frame.received_at)
