"""How long a roll of many frames takes to be judged by another recipe, from its records."""

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.answers import Row
from inspection.calibrating import calibrate
from inspection.defect import Finding, Kind, Severity
from inspection.frame import Frame
from inspection.geometry import Box, Placement
from inspection.limits import KindRule, Limit
from inspection.recipe import Recipe, default_recipe
from inspection.record import CalibrationRef, FrameRecord, LaneExtent, ModelRef, to_answer
from inspection.verdict import judge
from inspection.zones import Across, Zone
from service.calibrations import calibration_folder
from service.commands.terminal import progress
from service.cycles import seldom_searched
from service.rollbook.dry_run import dry_run as judge_anew
from service.rollbook.dry_run_answers import DryRun
from service.settings import Settings
from service.store.beside import reading
from service.store.entries import FrameEntry, FrameKey, RollCameraEntry, RollEntry, frame_id, stamp
from service.store.store import Store

BAR_S = 20.0
_ROWS, _COLUMNS, _MM = 1024, 4096, 0.05
_LENGTH_MM = _ROWS * _MM
_PLACEMENT = Placement(_MM, _MM)
_VIEW = _PLACEMENT.view(_COLUMNS)
_LANES = (LaneExtent(1, 10.0, 95.0), LaneExtent(2, 105.0, 195.0))
_BEGUN = datetime(2030, 1, 1, tzinfo=UTC)
_ROLL = RollEntry("R1", stamp(_BEGUN), "default", 1, None, "benchmark", "1", "0" * 64)
_CAMERA = RollCameraEntry("R1", "cam-1", 1, _MM, stamp(_BEGUN))
_POINTS = tuple(kind for kind in Kind if kind not in (Kind.SPLICE, Kind.STREAK))
_AT_ONCE = 500


def dry_run(frames: int) -> list[Row]:
    """Judge a roll of the line's mix anew, and one with 100,000 defects."""
    mixed = np.random.default_rng(5).choice([0, 1, 20], frames, p=[0.95, 0.04, 0.01])
    dense = np.random.default_rng(6).multinomial(100_000, [1 / frames] * frames)
    return [*_measured("the line's mix", mixed, streak=True), *_measured("100,000 defects", dense, streak=False)]


def _measured(what: str, counts: NDArray[np.int64], *, streak: bool) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        _fill(Path(folder), counts, streak=streak)
        filled, worked = time.perf_counter(), time.process_time()
        told = _judged(Path(folder))
        took, worked = time.perf_counter() - filled, time.process_time() - worked
    wrong = told.coverage.disagreeing
    defects = sum(each.before for each in told.defects)
    title = f"dry run, {len(counts)} frames of {what}"
    found = (
        f"{took:.1f} s, {worked:.1f} s of a core ({defects} defects of the web, {told.frames_changed} frames change)"
    )
    return [
        Row(f"{title}: drawn and kept before", f"{filled - begun:.1f} s"),
        Row(title, found, f"<= {BAR_S:g} s", took <= BAR_S),
        Row(f"{title}: records that their own recipe contradicts", str(wrong), "0", wrong == 0),
    ]


def _judged(folder: Path) -> DryRun:
    with reading(folder) as connection, progress() as bar, seldom_searched():
        task = bar.add_task("judging anew", total=None)
        return judge_anew(
            connection,
            _ROLL.roll_id,
            _tried(),
            Settings(data_dir=folder),
            total=lambda frames: bar.update(task, total=frames),
            advance=lambda: bar.advance(task),
        )


def _tried() -> Recipe:
    """A recipe with other limits, one of them by zone and one by density."""
    recipe = default_recipe()
    rules = {
        Kind.PINHOLE: KindRule(Severity.MINOR, (Limit("per_m2", 500.0, Severity.MAJOR, Zone.EDGE),)),
        Kind.STAIN: KindRule(Severity.MINOR, (Limit("area_mm2", 1.0, Severity.MAJOR, Zone.INNER),)),
        Kind.SCRATCH: KindRule(Severity.MINOR, (Limit("length_mm", 2.0, Severity.MAJOR),)),
    }
    return replace(recipe, version=2, verdict=replace(recipe.verdict, kinds={**recipe.verdict.kinds, **rules}))


def _fill(folder: Path, counts: NDArray[np.int64], *, streak: bool) -> None:
    """Keep a roll as a station would have; its pictures are drawn by nobody."""
    path = calibration_folder(folder, "cam-1") / "1.npz"
    path.parent.mkdir(parents=True)
    grey = np.random.default_rng(0).normal(60, 3, (8, 64, 512)).astype(np.uint8)
    calibrate([Frame(each) for each in grey], _PLACEMENT, camera="cam-1", version=1).save(path)
    with Store(folder) as store, progress() as bar:
        store.open_roll(_ROLL).result()
        store.open_roll_camera(_CAMERA).result()
        for number, entry in enumerate(bar.track(_entries(counts, streak=streak), len(counts), description="keeping")):
            kept = store.keep_frame(entry)
            if number % _AT_ONCE == 0:
                kept.result()
        kept.result()


def _entries(counts: NDArray[np.int64], *, streak: bool) -> Iterator[FrameEntry]:
    generator = np.random.default_rng(7)
    middle = range(len(counts) // 3, 2 * len(counts) // 3) if streak else range(0)
    for sequence, count in enumerate(counts.tolist()):
        findings = [_point(generator, sequence) for _ in range(count)]
        yield _entry(sequence, [*findings, *([_streak(sequence)] if sequence in middle else [])])


def _point(generator: np.random.Generator, sequence: int) -> Finding:
    kind = _POINTS[generator.integers(len(_POINTS))]
    height, width = generator.integers(4, 60, 2).tolist()
    top, left = generator.integers((8, 220), (_ROWS - 70, 1800)).tolist()
    return _finding(kind, sequence, Box(top, left, top + height, left + width))


def _streak(sequence: int) -> Finding:
    return _finding(Kind.STREAK, sequence, Box(0, 2500, _ROWS, 2506))


def _finding(kind: Kind, sequence: int, box: Box) -> Finding:
    row, column = box.centre
    return Finding(
        kind=kind,
        probability=0.9,
        lane=1 if column * _MM < 100 else 2,
        box=box,
        down_mm=_PLACEMENT.down_mm(row, sequence * _LENGTH_MM),
        cross_mm=_PLACEMENT.cross_mm(column, _COLUMNS),
        length_mm=box.height * _MM,
        width_mm=box.width * _MM,
        area_mm2=0.7 * box.height * box.width * _MM**2,
        contrast_sigma=12.0,
    )


def _entry(sequence: int, findings: list[Finding]) -> FrameEntry:
    number = sequence + 1
    record = _record(findings)
    told = {"frame_id": frame_id(number), **to_answer(record, frame_id(number))}
    return FrameEntry(
        number=number,
        key=FrameKey("cam-1", "R1", sequence),
        record=record,
        position_mm=sequence * _LENGTH_MM,
        length_mm=_LENGTH_MM,
        view=_VIEW,
        rows=_ROWS,
        columns=_COLUMNS,
        bits=8,
        captured_at=None,
        received_at=_BEGUN + timedelta(milliseconds=25 * sequence),
        pixel_hash=number.to_bytes(16, "big"),
        answer=json.dumps(told).encode(),
        crops=b"",
    )


def _record(findings: list[Finding]) -> FrameRecord:
    recipe = default_recipe()
    area_mm2 = _ROWS * _MM * _COLUMNS * _MM
    judgement = judge(findings, (), area_mm2, recipe.verdict, Across(_VIEW, _LANES))
    return FrameRecord(
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        defects=judgement.defects,
        events=judgement.events,
        lanes=_LANES,
        timing_ms={},
        recipe=recipe.ref,
        calibration=CalibrationRef(1),
        model=ModelRef(_ROLL.model_name, _ROLL.model_version, _ROLL.model_sha256),
    )
