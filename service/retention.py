"""Retention: pictures and crops go when they are old, each tier by its own age. Records stay for ever.

    pictures of frames that passed         keep_passed_pictures_days
    pictures of frames that did not        keep_flagged_pictures_days
    crops of what was found                keep_crops_days

Once a second a step: some crops through the store's writer, and one of the pictures' small folders. What
somebody has reviewed is kept: a review moves a picture into a tier that stands not in `_DAYS`, and excepts its
crops in `writes.prune_crops`.

A clock that jumps ahead must not empty the station: no day is over before as much time has passed since the
start. A clock that was wrong at the start is believed.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from itertools import cycle, product

from service.errors import StoreFailed
from service.frame_numbers import number_at
from service.picture_files import SHARDS, PictureFiles, Tier
from service.settings import Settings
from service.store import reads
from service.store.store import Store

_STEP_EVERY_S = 1.0
_DAY_S = 86_400.0

_CROPS_AT_ONCE = 200
"""Frames whose crops go in one transaction: 1.2 ms of the writer with 5 crops each."""

_PICTURES_AT_ONCE = 100

_SHORTEN_EVERY = 10
"""Steps; a reader that stays may hold the writer up each time."""

_DAYS: dict[Tier, Callable[[Settings], float]] = {
    Tier.FLAGGED: lambda settings: settings.keep_flagged_pictures_days,
    Tier.PASSED: lambda settings: settings.keep_passed_pictures_days,
}

_log = logging.getLogger(__name__)


class Retention:
    """Removes what is old, in a thread of its own once it is started.

    Parameters
    ----------
    settings : Settings
    store : Store
    files : PictureFiles
    clock : callable
        The time of day, aware.
    timer : callable
        Seconds, monotonic.

    Attributes
    ----------
    pruned_crops : int
        Frames whose crops were removed since the start.
    pruned_pictures : int
        Pictures removed since the start.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        files: PictureFiles,
        *,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
    ) -> None:
        self._settings, self._store, self._files = settings, store, files
        self._clock, self._timer = clock, timer
        self._started_s = clock().timestamp() - timer()
        self._folders = cycle(product(range(SHARDS), _DAYS))
        self._shortens = cycle((True, *(False,) * (_SHORTEN_EVERY - 1)))
        self.pruned_crops = self.pruned_pictures = 0
        self._stop, self._thread = threading.Event(), threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Do a step each second."""
        self._thread.start()

    def close(self) -> None:
        """Finish the step."""
        self._stop.set()
        self._thread.join()

    def step(self) -> None:
        """Remove some crops, and some pictures of the next folder; now and then cut the store's log.

        Raises
        ------
        StoreFailed, OSError
            The next step may work.
        """
        shard, tier = next(self._folders)
        before_s = self._before_s(_DAYS[tier](self._settings))
        self.pruned_pictures += self._files.prune(tier, shard, before_s, _PICTURES_AT_ONCE)
        if next(self._shortens):
            self._store.shorten_log()
        self._prune_crops(number_at(self._before_s(self._settings.keep_crops_days)))

    def _prune_crops(self, before: int) -> None:
        """Look first: an empty write each second would call a store healthy that takes no records."""
        first = self._store.read(reads.first_crops)
        if first is not None and first < before:
            self.pruned_crops += self._store.prune_crops(before, _CROPS_AT_ONCE).result()

    def _before_s(self, days: float) -> float:
        now_s = min(self._clock().timestamp(), self._started_s + self._timer())
        return max(now_s - days * _DAY_S, 0.0)

    def _run(self) -> None:
        while not self._stop.wait(_STEP_EVERY_S):
            try:
                self.step()
            except (StoreFailed, OSError) as problem:
                _log.warning("nothing old was removed: %s", problem)
