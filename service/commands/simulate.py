"""`coatsight simulate`: a virtual line camera against a running station."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspection.errors import InputError
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.synthetic.order import Plan
from inspection.synthetic.plan import line_mix
from inspection.synthetic.product import PRODUCTS, Product
from inspection.synthetic.web import SyntheticWeb
from service.commands.calibrate import calibrate_camera
from service.commands.terminal import print_json, print_table, progress, say
from service.simulator import Feed, LineCamera, Picture, Tally, client_for, is_ready

_POOL = 24
_CALIBRATION_SEED_STEP = 1_000_003
"""Calibration frames come from the same camera, but from another stretch of web."""

_PERCENTS = {"p50": 50, "p95": 95, "p99": 99, "max": 100}


@dataclass(frozen=True)
class WebChoice:
    """Which web to draw."""

    product: str = "graphite"
    columns: int = 4096
    rows: int = 1024
    mm_per_px: float = 0.05
    seed: int = 1

    def web(self, plan: Plan, seed: int) -> SyntheticWeb:
        """Draw with a seed of the web's own, always under the same camera."""
        return SyntheticWeb(
            self._product(), seed, columns=self.columns, rows=self.rows, plan=plan, camera_seed=self.seed
        )

    def _product(self) -> Product:
        if self.product not in PRODUCTS:
            raise InputError(f"expected a product out of {', '.join(PRODUCTS)}, got {self.product!r}: choose one")
        return dataclasses.replace(PRODUCTS[self.product], mm_per_px=self.mm_per_px)


@dataclass(frozen=True)
class Line:
    """Where the frames go, and how fast."""

    url: str = "http://127.0.0.1:8000"
    camera: str = "cam-1"
    roll: str | None = None
    speed_m_min: float = 80.0
    connections: int = 2
    key: str | None = None

    def feed(self, web: WebChoice, pictures: tuple[Picture, ...]) -> Feed:
        """Join what is sent with how it is sent; a roll without an id gets one from the time of day."""
        roll = self.roll or f"sim-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
        return Feed(self.camera, roll, pictures, web.columns, web.rows, web.mm_per_px, self.speed_m_min)


@dataclass(frozen=True)
class Calibrating:
    """On how many drawn frames to calibrate first, and in which station's folder."""

    frames: int = 0
    data: Path | None = None


def run(web: WebChoice, line: Line, frames: int, calibrating: Calibrating, *, json: bool) -> int:
    """Simulate a camera, print what came of it, return the exit code."""
    if not is_ready(line.url):
        raise InputError(f"expected a station at {line.url}, none answers that it is ready: run coatsight serve")
    if calibrating.frames:
        calibrate_on_drawn(web, line.camera, calibrating)
    feed = line.feed(web, draw_pictures(web, line_mix(), frames))
    tally = send(feed, line, frames)
    (print_json if json else print_summary)(summary(feed, tally))
    return exit_code(tally)


def calibrate_on_drawn(web: WebChoice, camera: str, calibrating: Calibrating) -> None:
    """Give a camera a calibration for the web that is going to be drawn.

    Raises
    ------
    InputError
        No folder to keep it in.
    """
    if calibrating.data is None:
        raise InputError("expected --data DIR with --calibration-frames, got none: name the station's folder")
    drawn = web.web(line_mix(), web.seed + _CALIBRATION_SEED_STEP)
    frames = list(_drawn(drawn, calibrating.frames, "drawing calibration frames"))
    placement = Placement(web.mm_per_px, web.mm_per_px)
    path, _ = calibrate_camera(frames, camera, placement, calibrating.data)
    say(f"calibrated {camera} on {len(frames)} drawn frames: {path}")


def draw_pictures(web: WebChoice, plan: Plan, frames: int | None) -> tuple[Picture, ...]:
    """Draw what is to be sent: all of it, or a pool to go round; never a single picture over and over."""
    wanted = _POOL if frames is None else min(frames, _POOL)
    return tuple(Picture.of(frame) for frame in _drawn(web.web(plan, web.seed), wanted, "drawing frames"))


def _drawn(web: SyntheticWeb, frames: int, what: str) -> Iterator[Frame]:
    with progress() as bar:
        for index in bar.track(range(frames), description=what):
            yield web.frame(index).frame


def send(feed: Feed, line: Line, frames: int | None) -> Tally:
    """Send frames in real time until all are through or Ctrl-C, with live counts on stderr."""
    camera = LineCamera(feed, [client_for(line.url, line.key) for _ in range(line.connections)])
    camera.start(frames)
    with progress("counts") as bar:
        task = bar.add_task(f"{line.speed_m_min:g} m/min", total=frames, counts="")
        try:
            while not camera.wait(0.2):
                bar.update(task, completed=camera.tally.answered, counts=_counts(camera.tally))
        except KeyboardInterrupt:
            camera.stop()
            camera.wait(10.0)
    return camera.tally


def _counts(tally: Tally) -> str:
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(tally.verdicts.items()))
    return f"{verdicts}; {tally.refused} refused, {tally.late} late, {tally.lost} lost"


def summary(feed: Feed, tally: Tally) -> dict[str, Any]:
    """Sum up what came of it, as plain fields."""
    return {
        "camera": feed.camera,
        "roll": feed.roll,
        "frame_ms": round(1e3 * feed.period_s, 3),
        "sent": tally.sent,
        "answered": tally.answered,
        "refused": tally.refused,
        "late": tally.late,
        "lost": tally.lost,
        "verdicts": dict(sorted(tally.verdicts.items())),
        "ms": {name: _rounded(tally.percentile_ms(percent)) for name, percent in _PERCENTS.items()},
        "problems": dict(tally.problems.most_common(5)),
    }


def _rounded(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 2)


def print_summary(told: dict[str, Any]) -> None:
    """Print a summary for people."""
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told["verdicts"].items())
    times = ", ".join(f"{name} {'-' if ms is None else f'{ms:.1f}'}" for name, ms in told["ms"].items())
    rows = [
        ("frames sent", str(told["sent"])),
        ("answered", str(told["answered"])),
        ("refused, sent again", str(told["refused"])),
        (f"late (over {told['frame_ms']:.1f} ms)", str(told["late"])),
        ("lost", str(told["lost"])),
        ("verdicts", verdicts or "-"),
        ("answer time in ms", times),
        *((f"lost, {count} times", problem) for problem, count in told["problems"].items()),
    ]
    print_table((f"{told['camera']}, roll {told['roll']}", ""), rows)


def exit_code(tally: Tally) -> int:
    """Return 1 when a frame stayed without an answer, else 0."""
    return 1 if tally.answered < tally.sent else 0
