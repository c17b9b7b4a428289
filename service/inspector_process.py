"""One inspecting process: takes tasks from the station, answers each; ends with the station.

`python -m service.inspector_process FD`, started by `service.inspectors` alone. What each frame needs of the
interpreter is needed by this process only, so that no frame waits for another's or for the network's.
"""

import logging
import signal
import socket
import sys
import time

import numpy as np
from numpy.typing import NDArray

from inspection.errors import CoatsightError
from service.allocator import keep_freed_memory
from service.bodies import MappedBodies
from service.channel import ChannelClosed, receive, send
from service.errors import InspectionCrashed
from service.warm_up import warm_up
from service.workbench import Done, Task, Workbench

_log = logging.getLogger(__name__)


def main(channel: socket.socket) -> None:
    """Load the classifier, tell which it is, then inspect until the station is gone."""
    # A terminal's Ctrl-C reaches all processes; the station says when to stop, after what is under way.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    keep_freed_memory()
    try:
        _serve(channel)
    except ChannelClosed:
        return


def _serve(channel: socket.socket) -> None:
    (settings, make_classifier), _ = receive(channel)
    try:
        classifier = make_classifier()
        warm_up(settings, classifier)
    except CoatsightError as problem:
        send(channel, problem)
        return
    send(channel, classifier.ref)
    bench, bodies = Workbench(settings.data_dir, classifier, time.perf_counter), MappedBodies()
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
