"""The guard: before a route begins, and before a body is read, tells who asks and whether they may."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

from service.access import RULES, Rule, allow
from service.errors import CrossSite, NotSignedIn, Unauthorized
from service.keyring import Keyring, holds_key
from service.problems import LET_IN
from service.store.secrets import Secret

COOKIE: Final = "coatsight_session"

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_LONGEST_SECRET = 128


async def guard(request: Request) -> None:
    """Let a request pass or refuse it; `request.state.who` tells routes who it is, None where nobody is asked.

    Raises
    ------
    Unauthorized, Forbidden
    """
    keyring: Keyring = request.app.state.keyring
    method, route = request.method, request.scope["route"].path
    rule = RULES[method, route]
    request.state.who = None
    if method not in _SAFE and "authorization" not in request.headers:
        _refuse_other_sites(request)
    if rule and keyring.guarded:
        who = request.state.who = _known(request, keyring, rule)
        allow(rule, who, request.path_params.get("camera_id"), f"{method} {route}")
    request.scope[LET_IN] = True


def _refuse_other_sites(request: Request) -> None:
    """Browsers tell which site's page asks; whatever else asks has no cookie that it did not fetch itself."""
    headers = request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is not None:
        site = "same-origin" if urlsplit(origin).netloc == headers.get("host") else origin
    if site not in (None, "same-origin", "none"):
        raise CrossSite(f"expected a page of this station to ask, got one of another site ({site[:100]})")


def _known(request: Request, keyring: Keyring, rule: Rule) -> Secret:
    if holds_key(request.scope["query_string"]):
        raise Unauthorized(
            "expected a key in the Authorization header alone, got one in the address, which logs keep: "
            "revoke it and make another"
        )
    told = request.headers.get("authorization")
    who = _of_bearer(told, keyring) if told is not None else _of_cookie(request, keyring)
    if who:
        return who
    if rule.page:
        raise NotSignedIn("expected somebody signed in: sign in first")
    raise Unauthorized(
        "expected Authorization: Bearer KEY with a key of this station, or somebody signed in: "
        "ask its administrator for a key (coatsight keys add)"
    )


def _of_bearer(told: str, keyring: Keyring) -> Secret | None:
    scheme, _, key = told.partition(" ")
    if scheme.lower() != "bearer" or len(key) > _LONGEST_SECRET:
        return None
    return keyring.whose("key", key.strip())


def _of_cookie(request: Request, keyring: Keyring) -> Secret | None:
    cookie = request.cookies.get(COOKIE)
    return keyring.whose("user", cookie) if cookie else None
