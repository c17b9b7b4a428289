"""The workbench: what an inspecting process does with one frame. Knows no store and no network.

body -> digest -> decode -> hash -> the roll's recipe and calibration -> inspect
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from inspection.calibration import Calibration
from inspection.candidates import Candidates
from inspection.classification import Classifier, Naming
from inspection.errors import CalibrationError, DeadlinePassed
from inspection.frame import Frame
from inspection.geometry import Placement, View
from inspection.input_health import InputHealth
from inspection.pipeline import Inspection, Inspector
from inspection.record import FrameRecord
from service.calibrations import load_calibration, recipe_from
from service.decoding import Decoding, check_digests

_KEPT_OPEN = 64


@dataclass(frozen=True)
class Pins:
    """What one camera's frames on one roll are inspected by.

    Attributes
    ----------
    roll_id, camera_id : str
    recipe_name : str
    recipe_text : str or None
        As the roll was opened with; None is the built-in default.
    calibration_version : int or None
        None: the camera was not calibrated.
    mm_per_px : float
        Scale where no calibration brings its own.
    holds : tuple of str
        Why every frame is held, if so.
    """

    roll_id: str
    camera_id: str
    recipe_name: str
    recipe_text: str | None
    calibration_version: int | None
    mm_per_px: float
    holds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One frame to be inspected; its body comes beside it.

    Attributes
    ----------
    size : int
        Of the body, in bytes.
    digests : mapping of str to bytes
        Checksums that were told.
    decoding : Decoding
    pins : Pins
    sequence : int
    position_mm : float or None
        Web position of row 0; None follows from the sequence.
    submitted, deadline : float
        On the timer's clock, which all processes of a machine share.
    with_candidates : bool
        Whether what the classifier saw is wanted, too.
    with_input : bool
        Whether it is to be told how lamp, lens and sensor are doing.
    """

    size: int
    digests: Mapping[str, bytes]
    decoding: Decoding
    pins: Pins
    sequence: int
    position_mm: float | None
    submitted: float
    deadline: float
    with_candidates: bool = False
    with_input: bool = False


@dataclass(frozen=True, eq=False)
class Named:
    """What the classifier saw of a frame, in the record's order, and by what its names were chosen."""

    candidates: Candidates
    order: tuple[int, ...]
    naming: Naming


@dataclass(frozen=True, eq=False)
class Done:
    """An inspected frame.

    Attributes
    ----------
    pixel_hash : bytes
    rows, columns, bits : int
    position_mm : float
        Web position of row 0.
    mm_per_px_down : float
    view : View
    record : FrameRecord
    crops : bytes
        64 x 64 bytes each: defects in the record's order, then events.
    stages_ms : mapping of stage to milliseconds
    named : Named or None
        Where it was wanted and there was something to name.
    health : InputHealth or None
        Where it was wanted and the camera's calibration fits.
    """

    pixel_hash: bytes
    rows: int
    columns: int
    bits: int
    position_mm: float
    mm_per_px_down: float
    view: View
    record: FrameRecord
    crops: bytes
    stages_ms: Mapping[str, float]
    named: Named | None = None
    health: InputHealth | None = None


class Workbench:
    """Inspects one frame after the other.

    Parameters
    ----------
    data_dir : Path
        Where the calibrations lie.
    classifier : Classifier
    timer : callable
        Seconds, monotonic, the same in all processes.
    """

    def __init__(self, data_dir: Path, classifier: Classifier, timer: Callable[[], float]) -> None:
        self._data_dir, self._classifier, self._timer = data_dir, classifier, timer
        self._open: dict[Pins, tuple[Inspector, tuple[str, ...]]] = {}

    def inspect(self, task: Task, body: NDArray[np.uint8]) -> Done:
        """Inspect a frame.

        Raises
        ------
        FrameError, MalformedBody
            The body cannot become a frame.
        DeadlinePassed
            It waited too long, or took too long.
        """
        begun = self._timer()
        if begun > task.deadline:
            raise DeadlinePassed("expected a free worker in time, the deadline passed while waiting: send fewer frames")
        check_digests(body, task.digests)
        frame = task.decoding(body)
        decode_ms = 1e3 * (self._timer() - begun)
        hashed = pixel_hash(frame)
        inspector, unread = self._opened(task.pins)
        position_mm = _position_mm(task, frame, inspector)
        inspection = inspector.inspect(
            frame,
            position_mm=position_mm,
            decode_ms=decode_ms,
            holds=(*task.pins.holds, *unread),
            deadline=task.deadline,
        )
        stages_ms = {"queue": 1e3 * (begun - task.submitted), **inspection.record.timing_ms}
        return Done(
            pixel_hash=hashed,
            rows=frame.rows,
            columns=frame.columns,
            bits=frame.bits,
            position_mm=position_mm,
            mm_per_px_down=inspector.placement.mm_per_px_down,
            view=inspector.placement.view(frame.columns),
            record=inspection.record,
            crops=inspection.crops.tobytes(),
            stages_ms=stages_ms,
            named=_named(inspection, inspector.recipe.naming) if task.with_candidates else None,
            health=inspector.input_health(frame) if task.with_input else None,
        )

    def _opened(self, pins: Pins) -> tuple[Inspector, tuple[str, ...]]:
        if pins not in self._open:
            while len(self._open) >= _KEPT_OPEN:
                self._open.pop(next(iter(self._open)))
            self._open[pins] = self._opened_anew(pins)
        return self._open[pins]

    def _opened_anew(self, pins: Pins) -> tuple[Inspector, tuple[str, ...]]:
        calibration, unread = self._calibration(pins)
        inspector = Inspector(
            recipe_from(pins.recipe_text, pins.recipe_name),
            self._classifier,
            placement=Placement(pins.mm_per_px, pins.mm_per_px),
            calibration=calibration,
            timer=self._timer,
        )
        return inspector, unread

    def _calibration(self, pins: Pins) -> tuple[Calibration | None, tuple[str, ...]]:
        version, camera_id = pins.calibration_version, pins.camera_id
        if version is None:
            return None, ()
        try:
            return load_calibration(self._data_dir, camera_id, version), ()
        except CalibrationError:
            return None, (f"calibration {version} of {camera_id} cannot be read",)


def pixel_hash(frame: Frame) -> bytes:
    """Hash grey pixels with xxh3-128, their shape and depth included, so that a file and raw pixels agree."""
    digest = xxhash.xxh3_128(np.ascontiguousarray(frame.pixels).data)
    digest.update(f"{frame.rows} {frame.columns} {frame.bits}".encode())
    return digest.digest()


def _position_mm(task: Task, frame: Frame, inspector: Inspector) -> float:
    if task.position_mm is not None:
        return task.position_mm
    return task.sequence * frame.rows * inspector.placement.mm_per_px_down


def _named(inspection: Inspection, naming: Naming) -> Named | None:
    if inspection.candidates is None or not inspection.order:
        return None
    return Named(inspection.candidates, inspection.order, naming)
