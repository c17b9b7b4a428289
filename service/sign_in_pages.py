"""Pages to sign in and out by: a form, a cookie that scripts cannot read, and no script."""

import asyncio
from typing import Final
from urllib.parse import parse_qs

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.requests import ClientDisconnect

from service.api.guard import COOKIE
from service.api.small_bodies import small_body
from service.errors import BodyTooSlow, MalformedBody, NotSignedIn, TooManySignIns, WrongPassword
from service.keyring import Keyring
from service.pages import NOT_KEPT, templates
from service.settings import Settings
from service.signing_in import Attempt, SigningIn
from service.station import Station

_FORM: Final = "application/x-www-form-urlencoded"
_LARGEST_FORM = 8192
_FORM_TIMEOUT_S = 10.0

router = APIRouter(include_in_schema=False)


def answer_sign_ins(app: FastAPI) -> None:
    """Answer people in a browser by pages, where programs are told a problem."""
    app.add_exception_handler(NotSignedIn, _ask_to_sign_in)
    for refused in (WrongPassword, TooManySignIns):
        app.add_exception_handler(refused, _ask_again)


@router.get("/login")
async def login_page(request: Request) -> Response:
    """Ask for name and password."""
    return _login_page(request, 200)


@router.post("/login")
async def sign_in(request: Request) -> Response:
    """Let somebody in, by a cookie that nobody had before; a session that they had is ended."""
    signing_in: SigningIn = request.app.state.signing_in
    form, address = await _form(request), _address(request)
    cookie = await signing_in.enter(Attempt(form.get("name", ""), form.get("password", ""), address))
    await signing_in.leave(request.cookies.get(COOKIE, ""), address)
    answer = RedirectResponse("/", 303, NOT_KEPT)
    _set_cookie(answer, request, cookie)
    return answer


@router.post("/logout")
async def sign_out(request: Request) -> Response:
    """End the session."""
    signing_in: SigningIn = request.app.state.signing_in
    await signing_in.leave(request.cookies.get(COOKIE, ""), _address(request))
    answer = RedirectResponse("/login", 303, NOT_KEPT)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return answer


def _set_cookie(answer: Response, request: Request, cookie: str) -> None:
    settings: Settings = request.app.state.settings
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=3600 * settings.session_hours,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


async def _form(request: Request) -> dict[str, str]:
    """Read a small form.

    Raises
    ------
    MalformedBody
        It is large, no form, or does not come in time.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise MalformedBody(f"expected a form of {_FORM}: use the page at /login")
    try:
        async with asyncio.timeout(_FORM_TIMEOUT_S):
            body = await small_body(request, _LARGEST_FORM)
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=8)
    except TimeoutError:
        raise BodyTooSlow(f"expected the form within {_FORM_TIMEOUT_S:g} s: send it faster") from None
    except (ClientDisconnect, ValueError):
        raise MalformedBody(
            f"expected a form of {_FORM}, got one that cannot be read: use the page at /login"
        ) from None
    return {name: values[0] for name, values in fields.items()}


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _ask_to_sign_in(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/login", 303, NOT_KEPT)


async def _ask_again(request: Request, error: Exception) -> Response:
    station: Station = request.app.state.station
    if isinstance(error, TooManySignIns):
        station.metrics.refused("too-many-sign-ins")
        wait = f"Too many attempts to sign in. Try again in {_minutes(error.retry_after_s)}."
        answer = _login_page(request, 429, wait)
        answer.headers["Retry-After"] = str(error.retry_after_s)
        return answer
    station.metrics.refused("wrong-password")
    return _login_page(request, 401, str(error))


def _minutes(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"


def _login_page(request: Request, status: int, problem: str = "") -> Response:
    keyring: Keyring = request.app.state.keyring
    told = {"problem": problem, "guarded": keyring.guarded, "people": keyring.people}
    return templates.TemplateResponse(request, "login.html", told, status, NOT_KEPT)
