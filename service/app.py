"""The application: the only place where real parts are chosen and put together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from inspection.classification import Classifier, load_classifier
from inspection.errors import ModelError
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from service import pages, sign_in_pages
from service.access import RULES
from service.api import audit, cameras, frames, health, records
from service.api.body_buffers import BodyBuffers
from service.api.guard import COOKIE, REFUSED, guard
from service.calibrations import recipe_from, recipe_text
from service.images import Images
from service.inspecting import Inspecting
from service.keyring import Keyring
from service.live import Live
from service.metrics import Metrics
from service.passwords import PasswordChecks
from service.problems import answer_problems
from service.promotion import model_in_use, shadow_model
from service.rolls import Rolls
from service.security_headers import SecurityHeaders
from service.settings import Settings
from service.shadow import Shadow
from service.sign_in_limits import SignInLimits
from service.signing_in import SigningIn
from service.station import Station
from service.store.store import Store

_log = logging.getLogger(__name__)

_KEY_OR_COOKIE = {
    "key": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}


class StationApp(FastAPI):
    """The application as cameras and browsers meet it."""

    def build_middleware_stack(self) -> ASGIApp:
        """Put the headers around everything, the answer to a failure too."""
        return SecurityHeaders(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        """Tell of each route who may use it."""
        told = super().openapi()
        told["components"]["securitySchemes"] = _KEY_OR_COOKIE
        for (method, path), rule in RULES.items():
            if rule and (asked := told["paths"].get(path, {}).get(method.lower())):
                asked["security"] = [{name: []} for name in _KEY_OR_COOKIE]
                asked["responses"].update(REFUSED)
        return told


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
        async with _station(settings, naming, beside) as station, _people(app, station):
            yield

    # The two pages that FastAPI brings load their scripts from elsewhere.
    app = StationApp(
        title="Coatsight",
        description="Inline quality inspection of battery-electrode coating: camera frame in, verdict out.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(guard)],
    )
    app.state.settings, app.state.buffers = settings, BodyBuffers()
    for part in (frames, cameras, records, audit, health, pages, sign_in_pages):
        app.include_router(part.router)
    app.mount("/static", pages.static)
    answer_problems(app)
    sign_in_pages.answer_sign_ins(app)
    return app


@asynccontextmanager
async def _station(settings: Settings, classifier: Classifier, beside: Classifier | None) -> AsyncIterator[Station]:
    """Open the parts in order; close them the other way round."""
    async with AsyncExitStack() as parts:
        store = parts.enter_context(Store(settings.data_dir))
        live = Live()
        images = Images(settings, lambda frame_id: live.tell("preview", lambda: {"frame_id": frame_id}))
        parts.callback(images.close)
        rolls = Rolls(store, settings, classifier, clock=_now, timer=time.perf_counter)
        station = Station(
            settings=settings,
            store=store,
            inspecting=Inspecting(store, rolls, clock=_now, timer=time.perf_counter),
            images=images,
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
        yield station


@asynccontextmanager
async def _people(app: FastAPI, station: Station) -> AsyncIterator[None]:
    """Know who asks as long as the station runs."""
    settings, checks = station.settings, PasswordChecks()
    keyring = Keyring(station.store, timedelta(minutes=settings.session_idle_minutes), clock=_now)
    app.state.station, app.state.keyring = station, keyring
    app.state.signing_in = SigningIn(
        store=station.store,
        keyring=keyring,
        checks=checks,
        limits=SignInLimits(time.monotonic),
        lasts=timedelta(hours=settings.session_hours),
        clock=_now,
    )
    keeping_fresh = asyncio.create_task(keyring.keep_fresh())
    try:
        yield
    finally:
        keeping_fresh.cancel()
        await asyncio.wait([keeping_fresh])
        checks.close()
        await keyring.close()


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
