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
from service.calibrations import newest_calibration, recipe_from
from service.errors import RollClosed
from service.openings import Pinning, RollOpening, entry_of, opened_before
from service.recipes_in_force import recipe_in_force
from service.settings import Settings
from service.store import reads
from service.store.audit import Actor
from service.store.entries import RollCameraEntry, RollEntry, stamp
from service.store.openings import closed_roll, open_roll
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
        self._pinning = Pinning(settings.data_dir, settings.default_recipe, model)
        self._lock = threading.Lock()

    def check_recipe(self) -> None:
        """Raise unless new rolls can be opened by the station's own recipe: better now than at the first frame.

        Raises
        ------
        RecipeError
            There is none, or it cannot be judged by.
        """
        name, folder = self._settings.default_recipe, self._settings.data_dir
        self._store.read(partial(recipe_in_force, data_dir=folder, name=name))

    def open(self, opening: RollOpening, actor: Actor) -> RollEntry:
        """Open a roll, or return how it was opened; may be called from any thread.

        Raises
        ------
        RollOpened
            It was opened with something else.
        RollClosed
        UnknownRecipe, OtherProduct, RecipeError
            No recipe is there, for this product, or to judge by.
        StoreFailed
        """
        with self._lock:
            before = partial(opened_before, opening=opening, pinning=self._pinning)
            if entry := self._store.read(before):
                return entry
            now = self._clock()
            entry = self._entry(opening, now, actor)
            self._store.change(partial(open_roll, entry=entry, actor=actor, at=now)).result()
        _log.info("roll opened", extra=_told_of(entry))
        return entry

    def pinned(self, roll_id: str, camera_id: str) -> Pins:
        """Return what this camera's frames on this roll are inspected by; may be called from any thread.

        Raises
        ------
        RecipeError
            The recipe for new rolls cannot be judged by.
        RollClosed
            And this camera was never on it.
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

    def _entry(self, opening: RollOpening, at: datetime, actor: Actor | None = None) -> RollEntry:
        return self._store.read(partial(entry_of, opening=opening, pinning=self._pinning, at=at, by=actor))

    def _new_roll(self, roll_id: str) -> RollEntry:
        roll = self._entry(RollOpening(roll_id=roll_id), self._clock())
        self._store.open_roll(roll).result()
        _log.info("roll opened", extra=_told_of(roll))
        return roll

    def _new_camera(self, roll_id: str, camera_id: str) -> RollCameraEntry:
        if closed := self._store.read(partial(closed_roll, roll_id=roll_id)):
            raise RollClosed(closed.told)
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
