"""How long a busy station takes to say no: from a request's headers, parsed, to its answer, written.

Under load this is what tells whether a camera hears in time that its frame was not taken.
"""

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS_AT: Final = "coatsight.headers_at"
"""Where a connection notes in a request's scope when its headers were parsed, on the clock's own time."""

_BUSY: Final = 503


class RefusalClock:
    """Times answers of 503.

    Parameters
    ----------
    app : ASGIApp
    timer : callable
        Seconds, monotonic, the one that connections note by.
    tell : callable
        Takes a request's scope and seconds.
    """

    def __init__(self, app: ASGIApp, timer: Callable[[], float], tell: Callable[[Scope, float], None]) -> None:
        self._app, self._timer, self._tell = app, timer, tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or HEADERS_AT not in scope:
            await self._app(scope, receive, send)
            return
        refused = False

        async def send_timed(message: Message) -> None:
            nonlocal refused
            await send(message)
            if message["type"] == "http.response.start":
                refused = message["status"] == _BUSY
            elif refused and not message.get("more_body", False):
                self._tell(scope, self._timer() - scope[HEADERS_AT])

        await self._app(scope, receive, send_timed)
