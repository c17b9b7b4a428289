"""The application: the only place where real parts are chosen and put together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

import numpy as np
from fastapi import Depends, FastAPI

from inspection.calibrating import calibrate
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
from service.camera_watch import CameraInput, CameraWatch
from service.gauges import watch_station
from service.images import Images
from service.inspecting import Inspecting
from service.live import Live
from service.metrics import Metrics
from service.problems import answer_problems
from service.promotion import model_in_use, shadow_model
from service.rolls import Rolls
from service.schemas import InputHealthAnswer
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
        store = parts.enter_context(Store(settings.data_dir))
        live = Live()
        images = Images(settings, lambda frame_id: live.tell("preview", lambda: {"frame_id": frame_id}))
        parts.callback(images.close)
        metrics = Metrics()
        watch = CameraWatch(settings, store, metrics, clock=_now, tell=partial(_tell_input, live))
        parts.callback(watch.close)
        rolls = Rolls(store, settings, classifier, clock=_now, timer=time.perf_counter)
        station = Station(
            settings=settings,
            store=store,
            inspecting=Inspecting(store, rolls, clock=_now, timer=time.perf_counter),
            images=images,
            live=live,
            metrics=metrics,
            watch=watch,
            model=classifier.ref,
            clock=_now,
            timer=time.perf_counter,
        )
        if beside:
            station.shadow = _shadow(beside, classifier, station)
            parts.callback(station.shadow.close)
        parts.callback(station.close)
        _watch(station)
        watch_station(station)
        _log.info("station started", extra=_told_of(station))
        yield station
        _log.info("station stops")


def _shadow(beside: Classifier, classifier: Classifier, station: Station) -> Shadow:
    count, admission = station.metrics.shadowed, station.admission
    return Shadow(beside, classifier.ref.sha256, station.store, count=count, idle=lambda: not admission.total)


def _told_of(station: Station) -> dict[str, object]:
    settings, model = station.settings, station.model
    return {
        "release": version("coatsight"),
        "data": str(settings.data_dir.resolve()),
        "workers": settings.workers,
        "model": f"{model.name} {model.version}",
        "model_sha256": model.sha256,
    }


def _tell_input(live: Live, camera_id: str, seen: CameraInput) -> None:
    live.tell("input", lambda: {"camera_id": camera_id, **InputHealthAnswer.of(seen).model_dump(mode="json")})


def _watch(station: Station) -> None:
    watch, images = station.metrics.watch, station.images
    watch("frames_under_way", "Frames being taken in, of all cameras.", lambda: station.admission.total)
    watch("pictures_waiting", "Pictures that wait to be written.", lambda: images.waiting)
    watch("pictures_kept", "Pictures written since the start.", lambda: images.kept)
    watch("pictures_dropped", "Pictures that should have been kept and were not.", lambda: images.dropped)
    watch("records_waiting", "Records that wait to be written.", lambda: station.store.waiting)


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
    placement = Placement(scale, scale)
    noise = np.random.default_rng(0).normal(0, 3, (512, 2048))
    lane = np.where((np.arange(2048) > 200) & (np.arange(2048) < 1850), 60, 150)
    for bits in (8, 12):
        drawn = (lane + noise) * (1 << (bits - 8))
        drawn[250:262, 900:912] = 150 << (bits - 8)
        frame = Frame(drawn.astype(np.uint8) if bits == 8 else drawn.astype(np.uint16), bits)
        Inspector(recipe, classifier, placement=placement).inspect(frame)
        Inspector(recipe, classifier, calibration=calibrate([frame], placement)).input_health(frame)


def _now() -> datetime:
    return datetime.now(UTC)
