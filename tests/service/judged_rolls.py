"""Rolls on record, judged as a station judges: findings of our choice, and the answer that was sent."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
from records import NOON

from inspection.calibrating import calibrate
from inspection.defect import Finding, Kind
from inspection.frame import Frame
from inspection.geometry import Box, Placement
from inspection.recipe import Recipe, default_recipe
from inspection.recipe_text import write_recipe
from inspection.record import CalibrationRef, FrameRecord, LaneExtent, ModelRef, held, to_answer
from inspection.verdict import judge
from inspection.zones import Across
from models.registry import shipped_model, summarise
from service.calibrations import calibration_folder
from service.store.entries import FrameEntry, FrameKey, RollCameraEntry, RollEntry, frame_id
from service.store.store import Store

MM, ROWS, COLUMNS = 0.05, 256, 512
LENGTH_MM, WIDTH_MM = ROWS * MM, COLUMNS * MM
PLACEMENT = Placement(MM, MM)
LANES = (LaneExtent(1, 5.0004, 20.6),)
MODEL = ModelRef("fake", "1", "f" * 64)


def found(
    kind: Kind, sequence: int, *, left: int = 250, lane: int | None = 1, size: tuple[int, int] = (10, 10)
) -> Finding:
    """Something found in a frame; `size` is rows and columns, which it fills."""
    rows, columns = size
    box = Box(20 if rows < ROWS else 0, left, min(20 + rows, ROWS), left + columns)
    row, column = box.centre
    return Finding(
        kind=kind,
        probability=0.9,
        lane=lane,
        box=box,
        down_mm=PLACEMENT.down_mm(row, sequence * LENGTH_MM),
        cross_mm=PLACEMENT.cross_mm(column, COLUMNS),
        length_mm=box.height * MM,
        width_mm=box.width * MM,
        area_mm2=box.height * box.width * MM**2,
        contrast_sigma=12.0,
        unlike_product=2.006,
    )


def judged(
    findings: Sequence[Finding], recipe: Recipe, holds: Sequence[str] = (), frozen: Sequence[str] = ()
) -> FrameRecord:
    judgement = judge(findings, holds, LENGTH_MM * WIDTH_MM, recipe.verdict, Across(PLACEMENT.view(COLUMNS), LANES))
    record = FrameRecord(
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        defects=judgement.defects,
        events=judgement.events,
        lanes=LANES,
        timing_ms={},
        recipe=recipe.ref,
        calibration=CalibrationRef(1),
        model=MODEL,
    )
    return held(record, tuple(frozen))


def entry_of(sequence: int, record: FrameRecord, pixel_hash: bytes | None = None) -> FrameEntry:
    number = sequence + 1
    told = {"frame_id": frame_id(number), **to_answer(record, frame_id(number))}
    return FrameEntry(
        number=number,
        key=FrameKey("cam-1", "R1", sequence),
        record=record,
        position_mm=sequence * LENGTH_MM,
        length_mm=LENGTH_MM,
        view=PLACEMENT.view(COLUMNS),
        rows=ROWS,
        columns=COLUMNS,
        bits=8,
        captured_at=None,
        received_at=NOON + timedelta(milliseconds=25 * sequence),
        pixel_hash=pixel_hash or number.to_bytes(16, "big"),
        answer=json.dumps(told).encode(),
        crops=b"",
    )


def keep_roll(
    folder: Path, records: Sequence[FrameRecord], recipe: Recipe | None = None, url: str | None = None
) -> None:
    """Keep a roll with one frame for each record; its camera is calibrated."""
    with Store(folder, url) as store:
        open_roll(store, folder, recipe or default_recipe())
        for sequence, record in enumerate(records):
            kept = store.keep_frame(entry_of(sequence, record))
        kept.result(30)


def open_roll(store: Store, folder: Path, recipe: Recipe, model: ModelRef = MODEL, calibrated: bool = True) -> None:
    roll = RollEntry(
        "R1", "2030", recipe.name, recipe.version, write_recipe(recipe), model.name, model.version, model.sha256
    )
    if calibrated:
        path = calibration_folder(folder, "cam-1") / "1.npz"
        path.parent.mkdir(parents=True)
        grey = np.random.default_rng(0).normal(60, 3, (8, 64, COLUMNS)).astype(np.uint8)
        calibrate([Frame(each) for each in grey], PLACEMENT, camera="cam-1", version=1).save(path)
    store.open_roll(roll).result(30)
    store.open_roll_camera(RollCameraEntry("R1", "cam-1", 1, MM, "2030")).result(30)


def shipped() -> ModelRef:
    card = summarise(shipped_model())
    return ModelRef(card.name, card.version, card.sha256)
