"""Names of rolls in addresses: a slash in a name is part of it, as `2030%2F17` has it, not of the path.

A server hands on paths with everything decoded, so that a route could not tell one slash from the other.
"""

from typing import Final
from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

_ROLLS: Final = b"/v1/rolls/"


class RollNames:
    """Has routes see slashes and percent signs of rolls' names encoded; `named` decodes them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if (scope.get("raw_path") or b"").startswith(_ROLLS):
            parts = scope["raw_path"].decode("latin-1").split("/")
            scope = {**scope, "path": "/".join(_encoded(unquote(part)) for part in parts)}
        await self._app(scope, receive, send)


def named(part: str) -> str:
    """Return the name that a route's part of an address stands for."""
    return part.replace("%2F", "/").replace("%25", "%")


def _encoded(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2F")
