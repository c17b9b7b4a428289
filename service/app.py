"""The application: the only place where real parts are chosen and put together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from fastapi import Depends, FastAPI

from inspection.classification import Classifier, load_classifier
from inspection.errors import ModelError
from inspection.record import ModelRef
from service import pages
from service.api import cameras, frames, health, records, rolls
from service.api.keys import require_key
from service.images import Images
from service.inspecting import Inspecting
from service.inspectors import InspectorProcesses, Inspectors
from service.live import Live
from service.metrics import Metrics
from service.problems import answer_problems
from service.promotion import model_in_use, shadow_model
from service.rolls import Rolls
from service.schemas import refusals
from service.settings import Settings
from service.shadow import Shadow
from service.station import Station
from service.store.store import Store

_log = logging.getLogger(__name__)


StartInspectors: TypeAlias = Callable[[Settings], Awaitable[Inspectors]]


def create_app(
    settings: Settings,
    start_inspectors: StartInspectors | None = None,
    clock: Callable[[], datetime] | None = None,
) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
    start_inspectors : callable, optional
        Else processes that name by the settings' model, else the promoted one, else the shipped one.
    clock : callable, optional
        The time of day, aware; else this machine's.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        inspectors = await (start_inspectors or _start_processes)(settings)
        try:
            beside = await asyncio.to_thread(_shadow_classifier, settings)
            async with _station(settings, inspectors, beside, clock or _now) as app.state.station:
                yield
        finally:
            await inspectors.close()

    app = FastAPI(title="Coatsight", description=__doc__, lifespan=lifespan)
    app.state.settings = settings
    keys = [Depends(require_key)] if settings.key_digests else []
    for guarded in (frames, cameras, records, rolls):
        app.include_router(guarded.router, dependencies=keys, responses=refusals(401, 422, 500, 503))
    app.include_router(health.router)
    app.include_router(pages.router)
    app.mount("/static", pages.static)
    answer_problems(app)
    return app


async def _start_processes(settings: Settings) -> Inspectors:
    """Start the inspecting processes, all with the model that is the right one now."""
    inspectors = InspectorProcesses(settings, partial(load_classifier, model_in_use(settings)), time.perf_counter)
    await inspectors.start()
    return inspectors


@asynccontextmanager
async def _station(
    settings: Settings, inspectors: Inspectors, beside: Classifier | None, clock: Callable[[], datetime]
) -> AsyncIterator[Station]:
    """Open the parts in order; close them the other way round."""
    async with AsyncExitStack() as parts:
        store = parts.enter_context(Store(settings.data_dir))
        live = Live()
        images = Images(settings, lambda frame_id: live.tell("preview", lambda: {"frame_id": frame_id}))
        parts.callback(images.close)
        pins = Rolls(store, settings, inspectors.model, clock)
        station = Station(
            settings=settings,
            store=store,
            inspecting=Inspecting(store, pins, inspectors, clock=clock, with_candidates=beside is not None),
            places=inspectors.places,
            images=images,
            live=live,
            metrics=Metrics(),
            clock=clock,
            timer=time.perf_counter,
        )
        if beside:
            station.shadow = _shadow(beside, inspectors.model, station)
            parts.callback(station.shadow.close)
        _watch(station, inspectors)
        yield station


def _shadow(beside: Classifier, model: ModelRef, station: Station) -> Shadow:
    count, admission = station.metrics.shadowed, station.admission
    return Shadow(beside, model.sha256, station.store, count=count, idle=lambda: not admission.total)


def _watch(station: Station, inspectors: Inspectors) -> None:
    watch, images = station.metrics.watch, station.images
    watch("inspectors_alive", "Processes that can inspect a frame.", lambda: inspectors.alive)
    watch("frames_waiting", "Frames that wait for their turn, of all cameras.", lambda: station.turns.waiting)
    watch("places", "Frames that may be under way now, of all cameras.", lambda: station.admission.places)
    watch("frames_under_way", "Frames being taken in, of all cameras.", lambda: station.admission.total)
    watch("pictures_waiting", "Pictures that wait to be written.", lambda: images.waiting)
    watch("pictures_kept", "Pictures written since the start.", lambda: images.kept)
    watch("pictures_dropped", "Pictures that should have been kept and were not.", lambda: images.dropped)
    watch("records_waiting", "Records that wait to be written.", lambda: station.store.waiting)


def _shadow_classifier(settings: Settings) -> Classifier | None:
    """The model that only looks on; one that cannot be loaded keeps no station from starting."""
    try:
        path = shadow_model(settings.data_dir)
        return load_classifier(path) if path else None
    except ModelError as problem:
        _log.warning("no shadow looks on: %s", problem)
        return None


def _now() -> datetime:
    return datetime.now(UTC)
