"""Turns: cameras take them one after the other, each camera's frames in order; whoever waits too long leaves.

A camera that sends much waits behind itself, never in front of the others.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inspection.errors import DeadlinePassed


class Turns:
    """Belongs to the event loop.

    Parameters
    ----------
    places : int
        Frames that may have their turn at the same time.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """Frames that wait, of all cameras."""
        return sum(map(len, self._waiting.values()))

    def waiting_of(self, camera_id: str) -> int:
        """Frames of a camera that wait."""
        return len(self._waiting.get(camera_id, ()))

    @asynccontextmanager
    async def turn(self, camera_id: str, patience_s: float) -> AsyncIterator[None]:
        """Wait for a turn and hold it.

        Raises
        ------
        DeadlinePassed
            None came in time.
        """
        await self._got(camera_id, patience_s)
        try:
            yield
        finally:
            self._pass_on()

    async def _got(self, camera_id: str, patience_s: float) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        mine = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(camera_id, deque()).append(mine)
        try:
            async with asyncio.timeout(patience_s):
                await mine
        except BaseException as problem:
            self._leave(camera_id, mine)
            if isinstance(problem, TimeoutError):
                raise DeadlinePassed(
                    f"expected a free worker within {1e3 * patience_s:.0f} ms, all were busy: send fewer frames"
                ) from None
            raise

    def _leave(self, camera_id: str, mine: "asyncio.Future[None]") -> None:
        """Stop waiting; a turn that came at the same moment goes to the next."""
        if mine.done() and not mine.cancelled():
            self._pass_on()
            return
        line = self._waiting.get(camera_id, deque())
        if mine in line:
            line.remove(mine)
        if not line:
            self._waiting.pop(camera_id, None)

    def _pass_on(self) -> None:
        while self._waiting:
            camera_id, line = self._waiting.popitem(last=False)
            next_one = line.popleft()
            if line:
                self._waiting[camera_id] = line
            if not next_one.done():
                next_one.set_result(None)
                return
        self._free += 1
