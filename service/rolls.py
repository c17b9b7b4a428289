"""Rolls: opening one pins recipe, model and each camera's calibration until the next roll.

What is pinned survives a restart. Where it cannot be had any more (another model was installed,
a calibration file is gone) frames are held and say why, never judged by something else.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from inspection.calibration import Calibration
from inspection.classification import Classifier
from inspection.errors import CalibrationError
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from inspection.recipe import Recipe
from service.calibrations import load_calibration, newest_calibration, recipe_from, recipe_text
from service.settings import Settings
from service.store import reads
from service.store.entries import RollCameraEntry, RollEntry, stamp
from service.store.store import Store

_KEPT_OPEN = 64

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class OpenRoll:
    """One camera on one roll: how its frames are inspected, and why they must be held if so."""

    inspector: Inspector
    holds: tuple[str, ...]


class Rolls:
    """Opens rolls, and opens them again after a restart.

    Parameters
    ----------
    store : Store
    settings : Settings
    classifier : Classifier
    clock : callable
        The time of day, aware.
    timer : callable
        Seconds, monotonic.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        classifier: Classifier,
        *,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
    ) -> None:
        self._store, self._settings, self._classifier = store, settings, classifier
        self._clock, self._timer = clock, timer
        self._open: dict[tuple[str, str], OpenRoll] = {}
        self._lock = threading.Lock()

    def opened(self, roll_id: str, camera_id: str) -> OpenRoll:
        """Return how this camera's frames on this roll are inspected; may be called from any thread.

        Raises
        ------
        RecipeError
            The recipe for new rolls cannot be judged by.
        StoreFailed
            A new roll could not be remembered.
        """
        pair = roll_id, camera_id
        if found := self._open.get(pair):
            return found
        with self._lock:
            if pair not in self._open:
                self._forget_oldest()
                self._open[pair] = self._opened_anew(roll_id, camera_id)
            return self._open[pair]

    def _forget_oldest(self) -> None:
        while len(self._open) >= _KEPT_OPEN:
            self._open.pop(next(iter(self._open)))

    def _opened_anew(self, roll_id: str, camera_id: str) -> OpenRoll:
        roll = self._store.read(partial(reads.roll, roll_id=roll_id)) or self._new_roll(roll_id)
        pinned = partial(reads.roll_camera, roll_id=roll_id, camera_id=camera_id)
        camera = self._store.read(pinned) or self._new_camera(roll_id, camera_id)
        recipe = recipe_from(roll.recipe_text, roll.recipe_name)
        calibration, unread = self._calibration(camera)
        placement = Placement(camera.mm_per_px, camera.mm_per_px)
        inspector = Inspector(recipe, self._classifier, placement=placement, calibration=calibration, timer=self._timer)
        return OpenRoll(inspector, (*self._changed(roll, recipe), *unread))

    def _new_roll(self, roll_id: str) -> RollEntry:
        name = self._settings.default_recipe
        text = recipe_text(self._settings.data_dir, name)
        recipe, model = recipe_from(text, name).ref, self._classifier.ref
        roll = RollEntry(
            roll_id=roll_id,
            opened_at=stamp(self._clock()),
            recipe_name=recipe.name,
            recipe_version=recipe.version,
            recipe_text=text,
            model_name=model.name,
            model_version=model.version,
            model_sha256=model.sha256,
        )
        self._store.open_roll(roll).result()
        _log.info("roll opened", extra=_told_of(roll))
        return roll

    def _new_camera(self, roll_id: str, camera_id: str) -> RollCameraEntry:
        entry = RollCameraEntry(
            roll_id=roll_id,
            camera_id=camera_id,
            calibration_version=newest_calibration(self._settings.data_dir, camera_id),
            mm_per_px=self._settings.default_mm_per_px,
            opened_at=stamp(self._clock()),
        )
        self._store.open_roll_camera(entry).result()
        told = {"camera": camera_id, "roll": roll_id, "calibration_version": entry.calibration_version}
        _log.info("camera joins roll", extra=told)
        return entry

    def _calibration(self, camera: RollCameraEntry) -> tuple[Calibration | None, tuple[str, ...]]:
        if camera.calibration_version is None:
            return None, ()
        try:
            return load_calibration(self._settings.data_dir, camera.camera_id, camera.calibration_version), ()
        except CalibrationError:
            return None, (f"calibration {camera.calibration_version} of {camera.camera_id} cannot be read",)

    def _changed(self, roll: RollEntry, recipe: Recipe) -> tuple[str, ...]:
        """Whatever is no longer what the roll was opened with."""
        reasons = []
        if roll.model_sha256 != self._classifier.ref.sha256:
            reasons.append(f"another model than {roll.model_name} {roll.model_version} of this roll: open a new roll")
        if (roll.recipe_name, roll.recipe_version) != (recipe.name, recipe.version):
            reasons.append(
                f"another recipe than {roll.recipe_name} {roll.recipe_version} of this roll: open a new roll"
            )
        return tuple(reasons)


def _told_of(roll: RollEntry) -> dict[str, str]:
    return {
        "roll": roll.roll_id,
        "recipe": f"{roll.recipe_name} {roll.recipe_version}",
        "model": f"{roll.model_name} {roll.model_version}",
    }
