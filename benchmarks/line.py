"""Line cameras before a running station: frames at their rate, durable answers, none lost."""

import json
from collections.abc import Sequence

from rich.progress import track

from benchmarks.answers import Row
from benchmarks.load import Load, Pictures, Tally, pictures, send
from benchmarks.serving import Serving, serving

_WARM_UP_S = 1.0


def line(
    cameras: int,
    frames_per_s: float,
    seconds: float,
    *,
    connections: int = 2,
    p50_bar_ms: float | None = None,
    p99_bar_ms: float | None = None,
) -> list[Row]:
    """Post 4 MiB frames from some cameras on schedule, then ask the station what it kept.

    Parameters
    ----------
    cameras : int
    frames_per_s : float
        Of each.
    seconds : float
    connections : int
        Of each.
    p50_bar_ms, p99_bar_ms : float, optional
        Of each camera.
    """
    names, frames = tuple(f"cam-{n + 1}" for n in range(cameras)), pictures()
    load = Load(names, seconds, frames_per_s, connections)
    with serving(names) as here:
        warm_up(here, frames, load)
        tally = send(here.port, frames, load, keep_answers=True)
        forgotten = not_repeated(here, tally)
    what = f"{_cameras(cameras)} of 4 MiB, durable, {frames_per_s:g} frames/s each for {seconds:g} s"
    return [*_times(what, tally, names, (p50_bar_ms, p99_bar_ms)), *kept_rows(tally, forgotten)]


def warm_up(here: Serving, frames: Pictures, load: Load) -> None:
    """Have each camera send for a moment, on a roll of its own."""
    send(here.port, frames, Load(load.cameras, _WARM_UP_S, load.frames_per_s or 10.0, load.connections, "warm-up"))


def not_repeated(here: Serving, tally: Tally) -> int:
    """Count the answers that the station does not tell again, byte for byte."""
    return sum(not _repeated(here, answer) for answer in track(tally.answers.values(), "asking back", transient=True))


def kept_rows(tally: Tally, forgotten: int) -> list[Row]:
    """Whether anything was refused, lost or forgotten."""
    sent, refused = len(tally.ms) + tally.lost, sum(tally.refused.values())
    told = f"{refused} refused, {tally.lost} lost of {sent} {tally.problems[:2] or ''}"
    return [
        Row("refused or lost", told, "0", not refused and not tally.lost),
        repeated_row(forgotten, len(tally.answers)),
    ]


def repeated_row(forgotten: int, answers: int) -> Row:
    """Whether the station tells each answer again."""
    what = "answers that the station does not repeat byte for byte"
    return Row(what, f"{forgotten} of {answers}", "0", not forgotten)


def _times(what: str, tally: Tally, names: Sequence[str], bars: tuple[float | None, float | None]) -> list[Row]:
    """The slowest camera's times."""
    rows = []
    for label, share, bar in (("p50", 0.5, bars[0]), ("p99", 0.99, bars[1])):
        ms = max(tally.quantile_ms(share, name) for name in names)
        least = min(tally.quantile_ms(share, name) for name in names)
        each = f", fastest camera {least:.1f}" if len(names) > 1 else ""
        told = f"{ms:.1f} ms (longest {max(tally.ms):.1f}{each}, n {len(tally.ms)})"
        rows.append(Row(f"{what}: {label}", told, f"<= {bar:g} ms" if bar else "", ms <= bar if bar else None))
    return rows


def _cameras(count: int) -> str:
    return "one camera" if count == 1 else f"{count} cameras"


def _repeated(here: Serving, answer: bytes) -> bool:
    return here.ask(f"/v1/frames/{json.loads(answer)['frame_id']}") == (200, answer)
