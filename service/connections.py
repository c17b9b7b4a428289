"""Connections: how many there may be, and how long one may take to say what it wants.

uvicorn waits for ever for a request's head, and keeps all of it: a few hundred clients that send a byte a second
(slow loris), or one whose head never ends, would take every descriptor and all memory. Here a head must be there in
time and may only be so long, and one address has only a share of the connections, so that it cannot take the others'.
Bodies have their own limits, in `api.frames`.
"""

import asyncio
import time
from collections import Counter
from functools import partial
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.refusal_clock import HEADERS_AT
from service.settings import Settings

_LONGEST_HEAD: Final = 64 << 10

_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
_TOO_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_LONG: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Connections:
    """Counts open connections, by address; belongs to the event loop."""

    def __init__(self, settings: Settings) -> None:
        self.head_timeout_s = settings.head_timeout_s
        self._most, self._most_each = settings.max_connections, settings.max_connections_per_address
        self._open: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Count one more, unless there are enough; return whether there was room."""
        if self._open.total() >= self._most or self._open[address] >= self._most_each:
            return False
        self._open[address] += 1
        return True

    def give_back(self, address: str) -> None:
        """Count one less."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection, with a bound to its number, and to time and size of each request's head."""

    def __init__(self, *arguments: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._all, self._address = connections, ""
        self._admitted = self._in_message = False
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self._admitted = self._all.take(self._address)
        if self._admitted:
            self._wait(_TOO_LATE)
        else:
            self._refuse(_TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._stop_waiting()
        if self._admitted:
            self._all.give_back(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, unless they are those of a head that never ends."""
        if self.transport.is_closing():
            return
        if not self._in_message and self._timer is None:
            self._wait(_TOO_LATE)
        super().data_received(data)
        if not self._in_message and self._timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > _LONGEST_HEAD:
                self._refuse(_TOO_LONG)

    def on_message_begin(self) -> None:
        """Wait for the head of a request that came in one piece with the end of the one before."""
        if self._timer is None:
            self._wait(_TOO_LATE)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin the request: its head is there."""
        self._stop_waiting()
        self._in_message = True
        self.scope[HEADERS_AT] = time.perf_counter()  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request; one that was answered long ago leaves an idle connection."""
        self._stop_waiting()
        self._in_message = False
        super().on_message_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        """Wait for the rest of a body that nobody wants, but not for ever."""
        super().on_response_complete()
        if self._in_message and self.cycle.response_complete and not self.transport.is_closing():
            self._wait(b"")

    def _wait(self, then: bytes) -> None:
        self._stop_waiting()
        self._head_bytes = 0
        self._timer = self.loop.call_later(self._all.head_timeout_s, self._refuse, then)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, answer: bytes) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


def bounded(settings: Settings) -> Any:
    """Return what makes a connection for uvicorn, all of one server counted together."""
    return partial(BoundedConnection, connections=Connections(settings))
