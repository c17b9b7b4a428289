"""What happens now, told to every page that looks.

Pages that read too slowly miss events instead of holding anything up.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Event: TypeAlias = tuple[str, str]
"""Its name and its data as JSON."""

_MOST_WAITING = 256
MOST_LISTENERS = 64
"""Pages that may look at the same time."""


class Live:
    """Hands events to listeners; belongs to the event loop that it is made in."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._listeners: set[asyncio.Queue[Event | None]] = set()

    @property
    def full(self) -> bool:
        """Whether no further page may look."""
        return len(self._listeners) >= MOST_LISTENERS

    @property
    def watched(self) -> bool:
        """Whether any page looks."""
        return bool(self._listeners)

    def tell(self, name: str, data: Callable[[], dict[str, object]]) -> None:
        """Tell all listeners; called from any thread. The data are made only when somebody listens."""
        if self._listeners and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hand_out, (name, json.dumps(data())))

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Event | None]]:
        """Open a queue of events; None in it says that the station closes."""
        events: asyncio.Queue[Event | None] = asyncio.Queue(_MOST_WAITING)
        self._listeners.add(events)
        try:
            yield events
        finally:
            self._listeners.discard(events)

    def close(self) -> None:
        """Send all listeners home."""
        self._hand_out(None)

    def _hand_out(self, event: Event | None) -> None:
        for events in self._listeners:
            if events.full():
                events.get_nowait()
            events.put_nowait(event)
