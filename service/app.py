"""The application: the only place where real parts are chosen and put together."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import Any, TypeAlias

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp, Scope

from inspection.classification import Classifier, load_classifier
from inspection.errors import ModelError
from inspection.record import ModelRef
from service import pages, sign_in_pages
from service.access import RULES
from service.api import (
    audit,
    cameras,
    defects,
    dry_runs,
    frames,
    health,
    lanes,
    recipes,
    records,
    roll_alarms,
    roll_figures,
    roll_quality,
    roll_reports,
    rolls,
)
from service.api.guard import COOKIE, guard
from service.camera_watch import CameraInput, CameraWatch
from service.disk_guard import DiskGuard
from service.dry_runs import DryRuns
from service.gauges import watch_station
from service.images import Images
from service.inspecting import Inspecting
from service.inspectors import InspectorProcesses, Inspectors
from service.keyring import Keyring
from service.live import Live
from service.metrics import Metrics
from service.passwords import PasswordChecks
from service.picture_files import PictureFiles
from service.problems import answer_problems
from service.promotion import model_in_use, shadow_model
from service.refusal_clock import RefusalClock
from service.retention import Retention
from service.roll_names import RollNames
from service.roll_watch import RollWatch
from service.rollbook.alarms import as_told
from service.rolls import Rolls
from service.schemas import InputHealthAnswer, refusals
from service.security_headers import SecurityHeaders
from service.settings import Settings
from service.shadow import Shadow
from service.sign_in_limits import SignInLimits
from service.signing_in import SigningIn
from service.station import Station
from service.store.roll_alarms import KeptAlarm
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
        routes = RollNames(super().build_middleware_stack())
        return SecurityHeaders(RefusalClock(routes, time.perf_counter, _tell_refusal))

    def openapi(self) -> dict[str, Any]:
        """Tell of each route who may use it."""
        told = super().openapi()
        told["components"]["securitySchemes"] = _KEY_OR_COOKIE
        for (method, path), rule in RULES.items():
            if rule and (asked := told["paths"].get(path, {}).get(method.lower())):
                asked["security"] = [{name: []} for name in _KEY_OR_COOKIE]
        return told


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
            async with _station(settings, inspectors, beside, clock or _now) as station, _people(app, station):
                yield
        finally:
            await inspectors.close()

    # The two pages that FastAPI brings load their scripts from elsewhere.
    app = StationApp(
        title="Coatsight",
        description="Inline quality inspection of battery-electrode coating: camera frame in, verdict out.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(guard)],
    )
    app.state.settings = settings
    of_rolls = rolls, roll_alarms, roll_figures, roll_quality, roll_reports, defects, lanes
    for part in (frames, cameras, *of_rolls, recipes, dry_runs, records, audit):
        app.include_router(part.router, responses=refusals(401, 403, 422, 500, 503))
    for open_to_all in (health, pages, sign_in_pages):
        app.include_router(open_to_all.router)
    app.mount("/static", pages.static)
    answer_problems(app)
    sign_in_pages.answer_sign_ins(app)
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
        disk = DiskGuard(settings, time.monotonic)
        store = parts.enter_context(Store(settings.data_dir, settings.store_address))
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
        retention = Retention(settings, store, files, clock=clock, timer=time.monotonic)
        retention.start()
        parts.callback(retention.close)
        metrics = Metrics()
        watch = CameraWatch(settings, store, metrics, clock=clock, tell=partial(_tell_input, live))
        parts.callback(watch.close)
        roll_watch = RollWatch(store, metrics, clock=clock, tell=partial(_tell_alarm, live))
        parts.callback(roll_watch.close)
        pins = Rolls(store, settings, inspectors.model, clock)
        pins.check_recipe()
        station = Station(
            settings=settings,
            store=store,
            rolls=pins,
            inspecting=Inspecting(
                store,
                pins,
                inspectors,
                clock=clock,
                with_candidates=beside is not None,
                with_input=lambda camera_id: watch.wants(camera_id, time.perf_counter()),
            ),
            inspectors=inspectors,
            images=images,
            disk=disk,
            live=live,
            metrics=metrics,
            watch=watch,
            roll_watch=roll_watch,
            clock=clock,
            timer=time.perf_counter,
        )
        if beside:
            station.shadow = _shadow(beside, inspectors.model, station)
            parts.callback(station.shadow.close)
        watch_station(station, retention)
        _log.info("station started", extra=_told_of(station))
        yield station
        _log.info("station stops")


def _tell_refusal(scope: Scope, seconds: float) -> None:
    station: Station = scope["app"].state.station
    station.metrics.refused_in(seconds)


@asynccontextmanager
async def _people(app: FastAPI, station: Station) -> AsyncIterator[None]:
    """Know who asks as long as the station runs."""
    settings, checks = station.settings, PasswordChecks()
    keyring = Keyring(station.store, timedelta(minutes=settings.session_idle_minutes), clock=station.clock)
    app.state.station, app.state.keyring, app.state.dry_runs = station, keyring, DryRuns(settings)
    app.state.signing_in = SigningIn(
        store=station.store,
        keyring=keyring,
        checks=checks,
        limits=SignInLimits(time.monotonic),
        lasts=timedelta(hours=settings.session_hours),
        clock=station.clock,
    )
    keeping_fresh = asyncio.create_task(keyring.keep_fresh())
    try:
        yield
    finally:
        keeping_fresh.cancel()
        await asyncio.wait([keeping_fresh])
        checks.close()
        await keyring.close()


def _shadow(beside: Classifier, model: ModelRef, station: Station) -> Shadow:
    count, admission = station.metrics.shadowed, station.admission
    return Shadow(beside, model.sha256, station.store, count=count, idle=lambda: not admission.total)


def _told_of(station: Station) -> dict[str, object]:
    settings, model = station.settings, station.inspectors.model
    return {
        "release": version("coatsight"),
        "data": str(settings.data_dir.resolve()),
        "workers": settings.workers,
        "model": f"{model.name} {model.version}",
        "model_sha256": model.sha256,
    }


def _tell_input(live: Live, camera_id: str, seen: CameraInput) -> None:
    live.tell("input", lambda: {"camera_id": camera_id, **InputHealthAnswer.of(seen).model_dump(mode="json")})


def _tell_alarm(live: Live, kept: KeptAlarm, over: bool) -> None:
    live.tell("alarm", lambda: {**asdict(as_told(kept)), "over": over})


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
