"""How long one frame takes on one thread, from pixels to verdict."""

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.answers import Row
from benchmarks.plain_opencv import PlainOpenCv
from benchmarks.stations import Station, station
from inspection.frame import Frame
from inspection.synthetic.order import Plan
from inspection.synthetic.plan import clean, exactly

_DISTINCT = 8
_BLOCK, _SETTLING = 16, 4
_Task: TypeAlias = tuple[Sequence[NDArray[np.uint8]], Callable[[NDArray[np.uint8]], object]]
_CLEAN_BAR_MS, _TWENTY_BAR_MS = 2.8, 7.0


def speed(rounds: int, product: str = "graphite") -> list[Row]:
    """Time clean frames, frames with twenty defects, and plain OpenCV on the same frames, in turns.

    Each frame is copied into one buffer first, outside the clock: that is where a frame lies when
    it has just been received.
    """
    here = station(product)
    clean_frames, busy_frames = _frames(here, 1, clean()), _frames(here, 2, exactly(20))
    plain = PlainOpenCv(np.stack(clean_frames))
    inspect: Callable[[NDArray[np.uint8]], object] = lambda pixels: here.inspector.inspect(Frame(pixels))  # noqa: E731
    tasks: dict[str, _Task] = {
        "clean": (clean_frames, inspect),
        "busy": (busy_frames, inspect),
        "plain": (clean_frames, plain.boxes),
    }
    times = {name: np.array(ms) for name, ms in _timed(tasks, rounds).items()}
    rows = [
        _row("clean frame, pixels to verdict", times["clean"], _CLEAN_BAR_MS),
        _row("frame with 20 defects, naming included", times["busy"], _TWENTY_BAR_MS),
        _row("plain OpenCV on the clean frame: flat field, blur, threshold, contours", times["plain"]),
    ]
    pixels = clean_frames[0].size
    rate = pixels / np.median(times["clean"]) / 1e6
    ratio = float(np.median(times["plain"]) / np.median(times["clean"]))
    return [
        *rows,
        Row("clean frame, pixels a second on one core", f"{rate:.2f} Gpx/s"),
        Row("plain OpenCV over Coatsight, medians, blocks taken in turns", f"{ratio:.1f} x"),
        Row("defects told in a frame with 20", f"{_told(here, busy_frames):.1f} a frame"),
    ]


def _frames(here: Station, seed: int, plan: Plan) -> list[NDArray[np.uint8]]:
    web = here.web(seed, plan)
    return [web.frame(index).frame.pixels.astype(np.uint8) for index in range(_DISTINCT)]


def _timed(tasks: dict[str, _Task], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each task, in blocks taken in turns, so that a restless machine treats all alike."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    received = np.empty_like(next(iter(tasks.values()))[0][0])
    for _ in range(-(-rounds // _BLOCK)):
        for name, (frames, task) in tasks.items():
            for turn in range(_BLOCK + _SETTLING):
                received.flags.writeable = True
                np.copyto(received, frames[turn % len(frames)])
                begun = time.perf_counter()
                task(received)
                if turn >= _SETTLING:
                    times[name].append(1e3 * (time.perf_counter() - begun))
    return times


def _row(what: str, ms: NDArray[np.float64], bar_ms: float | None = None) -> Row:
    middle = float(np.median(ms))
    slow = np.quantile(ms, 0.95)
    measured = f"median {middle:.2f} ms, fastest {ms.min():.2f}, p95 {slow:.2f} (n {len(ms)})"
    return Row(what, measured, f"<= {bar_ms} ms" if bar_ms else "", middle <= bar_ms if bar_ms else None)


def _told(here: Station, frames: Sequence[NDArray[np.uint8]]) -> float:
    return float(np.mean([len(here.inspector.inspect(Frame(pixels)).record.defects) for pixels in frames]))
