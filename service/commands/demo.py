"""`coatsight demo`: a station and a simulated camera on this machine."""

import contextlib
import signal
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from inspection.synthetic.plan import mixed
from service.commands import simulate
from service.commands.serve import check_free
from service.commands.terminal import say
from service.station_process import HOST, StationProcess, free_port

_CALIBRATION_FRAMES = 24
_DEFECTS_PER_FRAME = 0.4
"""On average: far more than a line makes, so that there is something to see."""


def run(frames: int | None, port: int, data: Path | None) -> int:
    """Show it all, print what came of it, return the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="coatsight-demo-")))
        port = port or free_port()
        check_free(HOST, port)
        station = StationProcess(folder, port)
        web, line = simulate.WebChoice(), simulate.Line(url=station.url)
        simulate.calibrate_on_drawn(web, line.camera, simulate.Calibrating(_CALIBRATION_FRAMES, folder))
        feed = line.feed(web, simulate.draw_pictures(web, mixed(_DEFECTS_PER_FRAME), frames))
        stack.enter_context(station)
        say(f"Open {line.url} in a browser." + ("" if frames else " Ctrl-C ends the demo."))
        tally = simulate.send(feed, line, frames)
        simulate.print_summary(simulate.summary(feed, tally))
    return simulate.exit_code(tally)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """End as with Ctrl-C, so that the station is stopped too."""
    raise KeyboardInterrupt
