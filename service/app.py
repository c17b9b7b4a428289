"""The application: the only place where real parts are chosen and put together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import numpy as np
from fastapi import Depends, FastAPI

from inspection.classification import Classifier, load_classifier
from inspection.errors import ModelError
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from service import pages
from service.api import cameras, frames, health, records
from service.api.body_buffers import BodyBuffers
from service.api.keys import require_key
from service.calibrations import recipe_from, recipe_text
from service.disk_guard import DiskGuard, DiskState, Level
from service.images import Images
from service.inspecting import Inspecting
from service.live import Live
from service.metrics import Metrics
from service.picture_files import PictureFiles
from service.problems import answer_problems
from service.promotion import model_in_use, shadow_model
from service.retention import Retention
from service.rolls import Rolls
from service.settings import Settings
from service.shadow import Shadow
from service.station import Station
from service.store.store import Store

_log = logging.getLogger(__name__)


def create_app(settings: Settings, classifier: Classifier | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
    classifier : Classifier, optional
        Else the settings' model, else the promoted one, else the shipped one.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        naming = await asyncio.to_thread(_own_classifier, settings) if classifier is None else classifier
        await asyncio.to_thread(_warm_up, settings, naming)
        beside = await asyncio.to_thread(_shadow_classifier, settings)
        async with _station(settings, naming, beside) as app.state.station:
            yield

    app = FastAPI(title="Coatsight", description=__doc__, lifespan=lifespan)
    app.state.settings, app.state.buffers = settings, BodyBuffers()
    for guarded in (frames, cameras, records):
        app.include_router(guarded.router, dependencies=[Depends(require_key)] if settings.key_digests else [])
    app.include_router(health.router)
    app.include_router(pages.router)
    app.mount("/static", pages.static)
    answer_problems(app)
    return app


@asynccontextmanager
async def _station(settings: Settings, classifier: Classifier, beside: Classifier | None) -> AsyncIterator[Station]:
    """Open the parts in order; close them the other way round."""
    async with AsyncExitStack() as parts:
        disk = DiskGuard(settings, time.monotonic)
        store = parts.enter_context(Store(settings.data_dir))
        disk.start(lambda: store.healthy)
        parts.callback(disk.close)
        files, live = PictureFiles(settings.data_dir), Live()
        images = Images(
            settings,
            files,
            has_room=disk.has_room_for_pictures,
            on_preview=lambda frame_id: live.tell("preview", lambda: {"frame_id": frame_id}),
        )
        parts.callback(images.close)
        retention = Retention(settings, store, files, clock=_now, timer=time.monotonic)
        retention.start()
        parts.callback(retention.close)
        rolls = Rolls(store, settings, classifier, clock=_now, timer=time.perf_counter)
        station = Station(
            settings=settings,
            store=store,
            inspecting=Inspecting(store, rolls, clock=_now, timer=time.perf_counter),
            images=images,
            disk=disk,
            live=live,
            metrics=Metrics(),
            clock=_now,
            timer=time.perf_counter,
        )
        if beside:
            station.shadow = _shadow(beside, classifier, station)
            parts.callback(station.shadow.close)
        parts.callback(station.close)
        _watch(station)
        _watch_disk(station, retention)
        yield station


def _shadow(beside: Classifier, classifier: Classifier, station: Station) -> Shadow:
    count, admission = station.metrics.shadowed, station.admission
    return Shadow(beside, classifier.ref.sha256, station.store, count=count, idle=lambda: not admission.total)


def _watch(station: Station) -> None:
    watch, images = station.metrics.watch, station.images
    watch("frames_under_way", "Frames being taken in, of all cameras.", lambda: station.admission.total)
    watch("pictures_waiting", "Pictures that wait to be written.", lambda: images.waiting)
    watch("pictures_kept", "Pictures written since the start.", lambda: images.kept)
    watch("pictures_dropped", "Pictures that should have been kept and were not.", lambda: images.dropped)
    watch("records_waiting", "Records that wait to be written.", lambda: station.store.waiting)


def _watch_disk(station: Station, retention: Retention) -> None:
    watch, state, levels = station.metrics.watch, station.disk.state, list(Level)
    watch("disk_free_bytes", "Free disk, without the reserve for records.", lambda: state().free_bytes)
    watch("disk_total_bytes", "Size of the disk.", lambda: state().total_bytes)
    watch("disk_hours_to_full", "Hours until the disk is full; +Inf while it does not fill.", lambda: _hours(state()))
    watch("disk_level", "0: all is kept, 1: no pictures, 2: no records.", lambda: levels.index(state().level))
    watch("pictures_pruned", "Old pictures removed since the start.", lambda: retention.pruned_pictures)
    watch("crops_pruned", "Frames whose old crops were removed since the start.", lambda: retention.pruned_crops)


def _hours(state: DiskState) -> float:
    return float("inf") if state.hours_to_full is None else state.hours_to_full


def _own_classifier(settings: Settings) -> Classifier:
    return load_classifier(model_in_use(settings))


def _shadow_classifier(settings: Settings) -> Classifier | None:
    """The model that only looks on; one that cannot be loaded keeps no station from starting."""
    try:
        path = shadow_model(settings.data_dir)
        return load_classifier(path) if path else None
    except ModelError as problem:
        _log.warning("no shadow looks on: %s", problem)
        return None


def _warm_up(settings: Settings, classifier: Classifier) -> None:
    """Inspect a drawn frame, so that no camera waits for kernels to be compiled.

    It also shows before the first frame comes whether new rolls can be opened by the default recipe.
    """
    recipe = recipe_from(recipe_text(settings.data_dir, settings.default_recipe), settings.default_recipe)
    scale = settings.default_mm_per_px
    inspector = Inspector(recipe, classifier, placement=Placement(scale, scale))
    noise = np.random.default_rng(0).normal(0, 3, (512, 2048))
    lane = np.where((np.arange(2048) > 200) & (np.arange(2048) < 1850), 60, 150)
    for bits in (8, 12):
        drawn = (lane + noise) * (1 << (bits - 8))
        drawn[250:262, 900:912] = 150 << (bits - 8)
        inspector.inspect(Frame(drawn.astype(np.uint8) if bits == 8 else drawn.astype(np.uint16), bits))


def _now() -> datetime:
    return datetime.now(UTC)
