"""Rolls: opening one pins recipe, model and each camera's calibration until the next roll.

What is pinned survives a restart. Where it cannot be had any more (another model was installed,
a calibration file is gone) frames are held and say why, never judged by something else.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from inspection.record import ModelRef
from service.calibrations import newest_calibration, recipe_from, recipe_text
from service.settings import Settings
from service.store import reads
from service.store.entries import RollCameraEntry, RollEntry, stamp
from service.store.store import Store
from service.workbench import Pins

_log = logging.getLogger(__name__)


class Rolls:
    """Opens rolls, and opens them again after a restart.

    Parameters
    ----------
    store : Store
    settings : Settings
    model : ModelRef
        The classifier in use.
    clock : callable
        The time of day, aware.
    """

    def __init__(self, store: Store, settings: Settings, model: ModelRef, clock: Callable[[], datetime]) -> None:
        self._store, self._settings, self._model, self._clock = store, settings, model, clock
        self._lock = threading.Lock()

    def pinned(self, roll_id: str, camera_id: str) -> Pins:
        """Return what this camera's frames on this roll are inspected by; may be called from any thread.

        Raises
        ------
        RecipeError
            The recipe for new rolls cannot be judged by.
        StoreFailed
            A new roll could not be remembered.
        """
        with self._lock:
            roll = self._store.read(partial(reads.roll, roll_id=roll_id)) or self._new_roll(roll_id)
            pinned = partial(reads.roll_camera, roll_id=roll_id, camera_id=camera_id)
            camera = self._store.read(pinned) or self._new_camera(roll_id, camera_id)
        return Pins(
            roll_id=roll_id,
            camera_id=camera_id,
            recipe_name=roll.recipe_name,
            recipe_text=roll.recipe_text,
            calibration_version=camera.calibration_version,
            mm_per_px=camera.mm_per_px,
            holds=self._changed(roll),
        )

    def _new_roll(self, roll_id: str) -> RollEntry:
        name = self._settings.default_recipe
        text = recipe_text(self._settings.data_dir, name)
        recipe, model = recipe_from(text, name).ref, self._model
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

    def _changed(self, roll: RollEntry) -> tuple[str, ...]:
        """Whatever is no longer what the roll was opened with."""
        reasons, recipe = [], recipe_from(roll.recipe_text, roll.recipe_name).ref
        if roll.model_sha256 != self._model.sha256:
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
