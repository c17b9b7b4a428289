"""Errors as `application/problem+json` (RFC 9457): one table from error to status, and a counter each.

A refused frame is also remembered as not inspected, unless its camera is none of ours.
"""

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from inspection import errors as library
from service import errors
from service.access import RULES
from service.frame_query import NumberedFrame, parsed_number
from service.metrics import NO_CAMERA
from service.station import Station
from service.store.entries import FrameKey
from service.store.refusals import Refusal

MEDIA_TYPE = "application/problem+json"
BODY_BEGUN = "coatsight.body_begun"
"""Set in a request's scope when its body is asked for."""

LET_IN = "coatsight.let_in"
"""Set in a request's scope when the guard let it pass; what was refused before, by the router say, was not."""

_TYPE = "urn:coatsight:problem:"


@dataclass(frozen=True)
class Problem:
    """A kind of problem.

    Attributes
    ----------
    status : int
    name : str
        Last part of its type, and the counter's label.
    title : str
    """

    status: int
    name: str
    title: str


_PROBLEMS: dict[type[Exception], Problem] = {
    library.FrameTooLarge: Problem(413, "frame-too-large", "The frame is larger than allowed"),
    library.UnknownFormat: Problem(415, "unknown-format", "The pixel format or file type is not read here"),
    library.CorruptFrame: Problem(422, "corrupt-frame", "The frame is damaged or mislabelled"),
    library.FrameError: Problem(422, "inconsistent-frame", "Size, format and body do not fit together"),
    library.DeadlinePassed: Problem(503, "deadline-passed", "The answer would have come too late"),
    library.FactorsError: Problem(500, "unusable-factors", "The plant's factors cannot be counted with"),
    library.InputError: Problem(500, "unusable-configuration", "The station's recipe or calibration cannot be used"),
    library.ModelError: Problem(500, "unusable-model", "The classifier cannot be trusted"),
    errors.UnknownCoding: Problem(415, "unknown-coding", "The media type or coding is not read here"),
    errors.DigestMismatch: Problem(400, "digest-mismatch", "The body is not the one that was sent"),
    errors.BodyTooSlow: Problem(408, "body-too-slow", "The body did not arrive in time"),
    errors.LengthRequired: Problem(411, "length-required", "The size of the body must be told first"),
    errors.MalformedBody: Problem(400, "malformed-body", "The body is not what its headers say"),
    errors.Unauthorized: Problem(401, "unauthorized", "A key or a session is needed"),
    errors.CrossSite: Problem(403, "cross-site", "Another site may not ask"),
    errors.Forbidden: Problem(403, "forbidden", "The key or the role does not allow it"),
    errors.UnknownCamera: Problem(404, "unknown-camera", "No such camera"),
    errors.UnknownFrame: Problem(404, "unknown-frame", "No such frame or picture"),
    errors.UnknownRoll: Problem(404, "unknown-roll", "No such roll"),
    errors.UnknownRecipe: Problem(404, "unknown-recipe", "No such recipe"),
    errors.UnknownPage: Problem(404, "unknown-page", "No such page"),
    errors.RollOpened: Problem(409, "roll-opened", "The roll was opened with something else"),
    errors.RollClosed: Problem(409, "roll-closed", "The roll is closed"),
    errors.OtherProduct: Problem(409, "other-product", "The recipe is for another product"),
    errors.UnusableRecipe: Problem(422, "unusable-recipe", "The text is no recipe"),
    errors.VersionTaken: Problem(409, "version-taken", "The recipe's version stands for another text"),
    errors.DryRunFailed: Problem(500, "dry-run-failed", "The roll could not be judged anew"),
    errors.DryRunTooLong: Problem(504, "dry-run-too-long", "The dry run took too long"),
    errors.UnknownLane: Problem(404, "unknown-lane", "No such lane"),
    errors.PeriodTooLong: Problem(422, "period-too-long", "Too many rolls ran in that time"),
    errors.Conflict: Problem(409, "conflict", "The frame's number is taken by other pixels"),
    errors.QueueFull: Problem(503, "queue-full", "Too many frames of this camera are under way"),
    errors.InspectionCrashed: Problem(500, "inspection-crashed", "The frame could not be inspected"),
    errors.InspectorsDown: Problem(503, "inspectors-down", "Inspection is being started again"),
    errors.TooManyDryRuns: Problem(503, "too-many-dry-runs", "Another dry run is under way"),
    errors.TooManyLongQuestions: Problem(503, "too-many-long-questions", "Too many questions about whole rolls wait"),
    errors.TooManyPages: Problem(503, "too-many-pages", "Too many pages are looking"),
    errors.Busy: Problem(503, "store-unavailable", "The record could not be written"),
    RequestValidationError: Problem(422, "malformed-query", "The query or path is malformed"),
    Exception: Problem(500, "internal-error", "The station failed"),
}

_ROUTES = [(compile_path(path)[0], path, method) for method, path in RULES]

_DATABASE_RETURNS_MS = 250
_LONGEST_DETAIL = 500
"""Kept of a refusal: it may quote all of a query, and thousands wait while the database is away."""


def answer_problems(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""
    for kind in (library.CoatsightError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    problem, station = _problem(error), _station(request)
    detail = _detail(error, problem)
    body: dict[str, Any] = {
        "type": _TYPE + problem.name,
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
    }
    headers = _headers(request, error, problem)
    if station:
        _remember(request, station, problem, detail)
        if problem.status == 503:
            body["retry_after_ms"] = wait_ms = _wait_ms(station, problem)
            headers["Retry-After"] = str(math.ceil(wait_ms / 1e3))
    return JSONResponse(body, problem.status, headers, MEDIA_TYPE)


def _wait_ms(station: Station, problem: Problem) -> int:
    """When it is worth while to come again: a database takes longer to return than a place in the queue."""
    return max(station.admission.retry_after_ms, _DATABASE_RETURNS_MS if problem.name == "store-unavailable" else 0)


def _problem(error: Exception) -> Problem:
    if isinstance(error, HTTPException):
        title = HTTPStatus(error.status_code).phrase
        return Problem(error.status_code, title.lower().replace(" ", "-"), title)
    return next(_PROBLEMS[kind] for kind in type(error).__mro__ if kind in _PROBLEMS)


def _detail(error: Exception, problem: Problem) -> str:
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}, got {first.get('input')!r}"
    if isinstance(error, HTTPException):
        return str(error.detail)
    if problem.name == "internal-error":
        return "expected the station to work, it failed: its log tells why"
    return str(error)


def _headers(request: Request, error: Exception, problem: Problem) -> dict[str, str]:
    """Close where a client waits to be asked for its body: what it sends next would be taken for that."""
    headers = dict(getattr(error, "headers", None) or {})
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.status == 405:
        headers["Allow"] = _allowed(request.scope["path"], headers.get("Allow", ""))
    if "expect" in request.headers and BODY_BEGUN not in request.scope:
        headers["Connection"] = "close"
    return headers


def _allowed(path: str, told: str) -> str:
    """List the methods of an address: the router tells only those of the first of its routes.

    An address that has a route of its own is not one of those that a parameter stands for.
    """
    found = [(route, method) for pattern, route, method in _ROUTES if pattern.match(path)]
    own = min((route for route, _ in found), key=lambda route: route.count("{"), default=None)
    methods = {method for route, method in found if route == own} or set(told.split(", "))
    return ", ".join(sorted(methods - {""}))


def _remember(request: Request, station: Station, problem: Problem, detail: str) -> None:
    frame = _frame(request)
    if frame is None or problem.name == "unknown-camera":
        station.metrics.refused(problem.name)
        station.told_once.tell(problem.name, NO_CAMERA, detail)
        return
    station.metrics.refused(problem.name, frame.camera_id)
    camera = station.metrics.camera_label(frame.camera_id)
    station.told_once.tell(problem.name, camera, detail, roll=frame.roll, sequence=frame.sequence)
    key, now = FrameKey(frame.camera_id, frame.roll, frame.sequence), station.clock()
    kept = detail[:_LONGEST_DETAIL]
    station.refuse(Refusal(key, problem.name, kept, now, now, position_mm=frame.position_mm, rows=frame.height))


def _frame(request: Request) -> NumberedFrame | None:
    """Tell which frame a request was about, if it was about one and told it well enough.

    The camera id of who was not let in is anybody's invention: no metric, no log line and no record bears it.
    """
    if LET_IN not in request.scope or request.method != "POST" or "camera_id" not in request.path_params:
        return None
    return parsed_number(request.path_params, request.query_params)


def _station(request: Request) -> Station | None:
    station: Station | None = getattr(request.app.state, "station", None)
    return station
