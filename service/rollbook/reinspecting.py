"""Inspecting kept pictures again: by another recipe, and by the calibration and model that the roll was opened with."""

import logging
from dataclasses import dataclass
from pathlib import Path

from inspection.calibration import Calibration
from inspection.classification import Classifier, load_classifier
from inspection.errors import ModelError
from inspection.frame import Frame, Pixels
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from inspection.recipe import Recipe
from inspection.record import FrameRecord
from inspection.verdict import Verdict
from models.registry import shipped_model, summarise
from service.picture_files import PictureFiles
from service.promotion import kept_models, model_in_use
from service.settings import Settings
from service.store.replays import FrameRead

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Eye:
    """What one camera's frames on a roll were measured by; no calibration where it had none."""

    calibration: Calibration | None
    placement: Placement


class Reinspection:
    """Inspects kept pictures of a roll by two recipes.

    Parameters
    ----------
    data_dir : Path
        The station's folder.
    classifier : Classifier
        The one that the roll was opened with.
    before, after : Recipe
        By which its frames were inspected, and by which they are to be.
    """

    def __init__(self, data_dir: Path, classifier: Classifier, before: Recipe, after: Recipe) -> None:
        self._files, self._classifier = PictureFiles(data_dir), classifier
        self._recipes = before, after
        self._inspectors: dict[str, tuple[Inspector, Inspector]] = {}

    def inspect(self, frame: FrameRead, eye: Eye) -> FrameRecord | None:
        """Inspect a frame by the recipe that is tried; None where its picture was not kept.

        What held it and is not seen in the picture, such as a camera that froze, holds it again.
        """
        pixels = self._pixels(frame)
        if pixels is None:
            return None
        as_then, now = self._by_camera(frame.camera_id, eye)
        seen, holds = Frame(pixels, frame.bits), list[str]()
        if frame.verdict is Verdict.HOLD:
            own = as_then.inspect(seen, position_mm=frame.position_mm).record.reasons
            holds = [reason for reason in frame.reasons if reason not in own]
        return now.inspect(seen, position_mm=frame.position_mm, holds=holds).record

    def _by_camera(self, camera_id: str, eye: Eye) -> tuple[Inspector, Inspector]:
        if camera_id not in self._inspectors:
            then, now = (
                Inspector(recipe, self._classifier, placement=eye.placement, calibration=eye.calibration)
                for recipe in self._recipes
            )
            self._inspectors[camera_id] = then, now
        return self._inspectors[camera_id]

    def _pixels(self, frame: FrameRead) -> Pixels | None:
        """A damaged picture is as one that was not kept."""
        try:
            return self._files.load(frame.pixel_hash)
        except ValueError as problem:
            _log.warning("a picture is not inspected again: %s", problem)
            return None


def classifier_of(settings: Settings, sha256: str) -> Classifier | None:
    """Load the model of that digest, None where the station has it no more."""
    models = [model_in_use(settings), shipped_model(), *kept_models(settings.data_dir)]
    found = next((path for path in models if _is(path, sha256)), None)
    return load_classifier(found) if found else None


def _is(path: Path, sha256: str) -> bool:
    try:
        return summarise(path).sha256 == sha256
    except ModelError:
        return False
