"""`coatsight demo`: a station and a simulated camera on this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from inspection.errors import CoatsightError
from inspection.synthetic.plan import mixed
from service.commands import simulate
from service.commands.serve import check_free
from service.commands.terminal import say
from service.simulator import is_ready

_HOST = "127.0.0.1"
_CALIBRATION_FRAMES = 24
_DEFECTS_PER_FRAME = 0.4
"""On average: far more than a line makes, so that there is something to see."""

_START_S = 120.0
"""The first start compiles kernels."""

_STOP_S = 20.0


def run(frames: int | None, port: int, data: Path | None) -> int:
    """Show it all, print what came of it, return the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coatsight-demo-")))
        port = port or _free_port()
        check_free(_HOST, port)
        web, line = simulate.WebChoice(), simulate.Line(url=f"http://{_HOST}:{port}")
        simulate.calibrate_on_drawn(web, line.camera, simulate.Calibrating(_CALIBRATION_FRAMES, folder))
        feed = line.feed(web, simulate.draw_pictures(web, mixed(_DEFECTS_PER_FRAME), frames))
        stack.enter_context(_station(folder, port, line.url))
        say(f"Open {line.url} in a browser." + ("" if frames else " Ctrl-C ends the demo."))
        tally = simulate.send(feed, line, frames)
        simulate.print_summary(simulate.summary(feed, tally))
    return simulate.exit_code(tally)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """End as with Ctrl-C, so that the station is stopped too."""
    raise KeyboardInterrupt


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _station(folder: Path, port: int, url: str) -> Iterator[None]:
    """Keep a station running in a process of its own, with a log in its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "station.log"
    options = ["--host", _HOST, "--port", str(port), "--data", str(folder)]
    command = [sys.executable, "-m", "service.cli", "serve", *options]
    with log.open("wb") as output:
        # A session of its own: Ctrl-C reaches the camera first, the station when all is answered.
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_ready(process, url, log)
        yield
    finally:
        _stop(process)


def _wait_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _START_S
    while not is_ready(url):
        if process.poll() is not None or time.monotonic() > until:
            last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"]
            raise CoatsightError(f"expected the station to start, it did not; its last words: {last[0]}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
