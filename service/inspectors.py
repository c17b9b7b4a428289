"""The inspecting processes: started, fed, watched, and started again when one dies.

Processes rather than threads: between its kernels a frame holds the interpreter's lock for a third of its time,
and two threads spent as long waiting for it. Four cameras of 4 MiB frames, closed loop, two cores: 119 to 176
frames/s by one to three threads beside the network's, 240 to 253 by two or three processes (alternating runs).
A decoder that crashes takes one frame with it instead of the station.
"""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, repeat
from typing import Protocol

from inspection.classification import Classifier
from inspection.errors import CoatsightError, ModelError
from inspection.record import ModelRef
from service.bodies import Body
from service.channel import ChannelClosed, receive, send
from service.errors import InspectionCrashed, InspectorsDown
from service.settings import Settings
from service.workbench import Done, Task

TASKS_EACH = 2
"""One under work and one that waits, so that no process idles until the next is handed over."""

_HUNG_AFTER_S = 30.0
"""A process that is so late after a deadline will never answer; a disk that stalls can hold one up for many seconds."""

_RESTART_AFTER_S = (0.0, 0.5, 1.0, 2.0, 5.0)

_log = logging.getLogger(__name__)


class Inspectors(Protocol):
    """Whoever inspects frames for the station."""

    @property
    def model(self) -> ModelRef:
        """The classifier in use."""

    @property
    def places(self) -> int:
        """Tasks that may be given at the same time."""

    @property
    def alive(self) -> int:
        """How many can take a frame now."""

    async def inspect(self, task: Task, body: Body) -> Done:
        """Inspect one frame."""

    async def close(self) -> None:
        """Finish and end."""


class InspectorProcesses:
    """Inspects frames in processes of their own; belongs to the event loop.

    Parameters
    ----------
    settings : Settings
    make_classifier : callable
        Loads the classifier, in each process anew; must be importable by its name.
    timer : callable
        Seconds, monotonic, on the clock of the tasks' deadlines.
    """

    def __init__(
        self, settings: Settings, make_classifier: Callable[[], Classifier], timer: Callable[[], float]
    ) -> None:
        self._setup, self._timer = (settings, make_classifier), timer
        self._nursery: _Nursery | None = None
        self._processes: list[_Process] = []
        self._restarts: set[asyncio.Task[None]] = set()
        self._closing = False
        self._count = settings.workers
        self.model = ModelRef("", "", "")

    @property
    def places(self) -> int:
        """Tasks that may be given at the same time."""
        return self._count * TASKS_EACH

    @property
    def alive(self) -> int:
        """Processes that can take a frame now."""
        return len(self._processes)

    async def start(self) -> None:
        """Start all processes.

        Raises
        ------
        ModelError, RecipeError
            What the first of them found wrong.
        """
        self._nursery = await asyncio.to_thread(_Nursery, self._setup)
        self.model = self._nursery.model
        for _ in range(self._count):
            await self._begin(self._nursery)

    async def inspect(self, task: Task, body: Body) -> Done:
        """Have a frame inspected by the process that has least to do.

        Raises
        ------
        CoatsightError
            What the process found wrong with it.
        InspectionCrashed
            The process died of it, or hung.
        InspectorsDown
            None is there, or the one that had it died of another frame.
        """
        if not self._processes:
            raise InspectorsDown("expected an inspecting process, all are being started again: send it again")
        process = min(self._processes, key=lambda each: each.waiting)
        return await process.inspect(task, body, max(task.deadline - self._timer(), 0) + _HUNG_AFTER_S)

    async def close(self) -> None:
        """End all processes; what they have under way is given up."""
        self._closing = True
        for restart in self._restarts:
            restart.cancel()
        for process in tuple(self._processes):
            process.close()
        self._processes.clear()
        if self._nursery:
            await asyncio.to_thread(self._nursery.close)

    async def _begin(self, nursery: "_Nursery") -> None:
        process = await asyncio.to_thread(nursery.fork, self._buried)
        process.listen()
        self._processes.append(process)

    def _buried(self, process: "_Process") -> None:
        """Start another in place of one that is gone."""
        self._processes.remove(process)
        if not self._closing:
            _log.error("inspecting process %d ended, another is started", process.pid)
            restart = asyncio.get_running_loop().create_task(self._begin_again())
            self._restarts.add(restart)
            restart.add_done_callback(self._restarts.discard)

    async def _begin_again(self) -> None:
        """Fork another; where the nursery is gone, too, a new one comes first."""
        for pause_s in chain(_RESTART_AFTER_S, repeat(_RESTART_AFTER_S[-1])):
            await asyncio.sleep(pause_s)
            try:
                await self._begin(await self._living_nursery())
            except (ChannelClosed, CoatsightError, OSError) as problem:
                _log.error("no inspecting process could be started: %s", problem)
            else:
                return

    async def _living_nursery(self) -> "_Nursery":
        if self._nursery is None or not self._nursery.lives:
            self._nursery = await asyncio.to_thread(_Nursery, self._setup)
        return self._nursery


class _Nursery:
    """The process that others are forked from; its methods block.

    Raises
    ------
    ModelError, RecipeError
        What it found wrong.
    """

    def __init__(self, setup: object) -> None:
        self._channel, theirs = socket.socketpair()
        # The tests' own classifiers are found the same way as they are here.
        path = os.pathsep.join(filter(None, sys.path))
        with theirs:
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "service.inspector_process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            )
        try:
            send(self._channel, setup)
            ready, _ = receive(self._channel)
        except ChannelClosed:
            ready = ModelError("expected the inspecting processes to start, they ended: see the log")
        if isinstance(ready, CoatsightError):
            self.close()
            raise ready
        self.model: ModelRef = ready

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    def fork(self, buried: Callable[["_Process"], None]) -> "_Process":
        """Have one more process forked."""
        channel, theirs = socket.socketpair()
        with theirs:
            send(self._channel, "fork", theirs.fileno())
        pid, _ = receive(channel)
        return _Process(channel, pid, buried)

    def close(self) -> None:
        """Close its channel, which ends it, and wait until it did."""
        self._channel.close()
        try:
            self._popen.wait(5)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


class _Process:
    """One process, seen from the station; its answers come in the order of the tasks."""

    def __init__(self, channel: socket.socket, pid: int, buried: Callable[["_Process"], None]) -> None:
        self.pid, self._channel, self._buried = pid, channel, buried
        self._waiting: deque[asyncio.Future[Done]] = deque()

    @property
    def waiting(self) -> int:
        """Tasks that it was given and has not answered."""
        return len(self._waiting)

    def listen(self) -> None:
        """Take answers from now on."""
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._channel.fileno(), self._take)

    async def inspect(self, task: Task, body: Body, patience_s: float) -> Done:
        try:
            send(self._channel, task, body.fd)
        except ChannelClosed:
            self._bury()
            raise InspectorsDown("expected an inspecting process, it had ended: send the frame again") from None
        answer: asyncio.Future[Done] = self._loop.create_future()
        self._waiting.append(answer)
        try:
            async with asyncio.timeout(patience_s):
                return await answer
        except TimeoutError:
            self.kill()
            raise self._why(answer) from None

    def _why(self, unanswered: "asyncio.Future[Done]") -> CoatsightError:
        """Tell the frame that never ended from those behind it, which lose nothing but time."""
        if self._waiting and self._waiting[0] is not unanswered:
            return InspectorsDown("expected to inspect the frame, the one before it never ended: send it again")
        return InspectionCrashed("expected to inspect the frame in time, it never ended: keep the frame and tell us")

    def _take(self) -> None:
        try:
            outcome, _ = receive(self._channel)
        except ChannelClosed:
            self._bury()
            return
        except Exception:  # an answer that cannot be read must not become the next frame's
            _log.exception("inspecting process %d gave an answer that cannot be read", self.pid)
            self.kill()
            self._bury()
            return
        answer = self._waiting.popleft()
        if answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    def _bury(self) -> None:
        """Tell everybody who waits: the first had the frame that it died of, the others were only behind it."""
        if not self._loop.remove_reader(self._channel.fileno()):
            return
        self._channel.close()
        self._buried(self)
        problem: CoatsightError = InspectionCrashed(
            "expected to inspect the frame, the process that did so died of it: keep the frame and tell us"
        )
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(problem)
            problem = InspectorsDown("expected to inspect the frame, the process ended before it: send it again")
        self._waiting.clear()

    def kill(self) -> None:
        """End it at once; its end is noticed like any other."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """End it, also one that hangs and would never see that the channel is closed."""
        self._loop.remove_reader(self._channel.fileno())
        self._channel.close()
        self.kill()
