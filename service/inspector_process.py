"""The nursery: loads what inspecting needs once, then forks an inspecting process for each request.

`python -m service.inspector_process FD`, started by `service.inspectors` alone. What each frame needs of the
interpreter is needed by its process only, so that no frame waits for another's or for the network's. Forking from
a process that is warm, idle and without threads takes 10 ms where a fresh start takes a second, and what all
have in common lies in memory once.
"""

import gc
import logging
import os
import signal
import socket
import sys
import time

import numpy as np
from numpy.typing import NDArray

from inspection.classification import Classifier
from inspection.errors import CoatsightError
from service.allocator import keep_freed_memory
from service.bodies import MappedBodies
from service.channel import ChannelClosed, receive, send
from service.errors import InspectionCrashed
from service.settings import Settings
from service.warm_up import warm_up
from service.workbench import Done, Task, Workbench

_NICE = 5

_log = logging.getLogger(__name__)


def main(channel: socket.socket) -> None:
    """Get ready, tell so, then fork for each request until the station is gone."""
    # A terminal's Ctrl-C reaches all processes; the station says when to stop, after what is under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    keep_freed_memory()
    try:
        if ready := _got_ready(channel):
            _fork_on_request(channel, *ready)
    except ChannelClosed:
        return


def _got_ready(channel: socket.socket) -> tuple[Settings, Classifier] | None:
    (settings, make_classifier), _ = receive(channel)
    try:
        classifier = make_classifier()
        warm_up(settings, classifier)
    except CoatsightError as problem:
        send(channel, problem)
        return None
    send(channel, classifier.ref)
    gc.freeze()  # what is loaded stays: no child looks at it again, so that it stays shared
    return settings, classifier


def _fork_on_request(channel: socket.socket, settings: Settings, classifier: Classifier) -> None:
    while True:
        _, fd = receive(channel)
        if fd is None:
            raise ChannelClosed
        if os.fork() == 0:
            channel.close()
            _serve(socket.socket(fileno=fd), Workbench(settings.data_dir, classifier, time.perf_counter))
        os.close(fd)


def _serve(channel: socket.socket, bench: Workbench) -> None:
    """Inspect until the station closes the channel, then end."""
    # The network goes first: a camera must hear at once that its frame is not taken, the others can wait.
    os.nice(_NICE)
    bodies = MappedBodies()
    send(channel, os.getpid())
    while True:
        task, fd = receive(channel)
        if fd is None:
            raise ChannelClosed
        send(channel, _outcome(bench, task, bodies.pixels(fd, task.size)))


def _outcome(bench: Workbench, task: Task, body: NDArray[np.uint8]) -> Done | Exception:
    """Return what came out, or what was raised: the process goes on with the next frame."""
    try:
        return bench.inspect(task, body)
    except CoatsightError as problem:
        problem.__cause__ = problem.__context__ = None
        return problem
    except Exception as problem:  # a frame that shows a bug is not inspected; the next one may be
        _log.exception("a frame could not be inspected")
        return InspectionCrashed(f"expected to inspect the frame, it failed ({type(problem).__name__}): see the log")


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
