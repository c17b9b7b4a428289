"""Is it fast enough, does it see enough, does it withstand? `python -m benchmarks speed`, `... points`, `... fuzz`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.answers import Row, tell
from service.allocator import keep_freed_memory

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print the answer for machines.")]
Keep = Annotated[Path | None, typer.Option(help="Folder to keep the answer in, with its machine.")]
Seconds = Annotated[float, typer.Option(min=1, help="How long, in seconds.")]
Cameras = Annotated[int, typer.Option(min=1, help="Cameras at the same time.")]
Frames = Annotated[int, typer.Option(min=1, help="Frames of each product.")]


@app.callback()
def tuned() -> None:
    """Keep freed memory in the process, as the station does."""
    keep_freed_memory()


def _run(name: str, measure: Callable[[], list[Row]], as_json: bool, keep: Path | None) -> None:
    if not tell(name, measure(), as_json=as_json, keep=keep):
        raise typer.Exit(1)


@app.command()
def speed(rounds: int = 200, as_json: AsJson = False, keep: Keep = None) -> None:
    """Milliseconds for clean frames and for frames with twenty defects, beside plain OpenCV."""
    from benchmarks.speed import speed as measure  # noqa: PLC0415  --help must not wait for kernels

    _run("speed", lambda: measure(rounds), as_json, keep)


@app.command()
def naming(rounds: int = 200, as_json: AsJson = False, keep: Keep = None) -> None:
    """Milliseconds for cutting, measuring and naming twenty candidates, and the size of the model."""
    from benchmarks.naming import naming as measure  # noqa: PLC0415

    _run("naming", lambda: measure(rounds), as_json, keep)


@app.command()
def memory(as_json: AsJson = False, keep: Keep = None) -> None:
    """Memory that inspecting takes beyond the loaded model, in a fresh process."""
    from benchmarks.memory import memory as measure  # noqa: PLC0415

    _run("memory", measure, as_json, keep)


@app.command()
def points(frames: Frames = 10, as_json: AsJson = False, keep: Keep = None) -> None:
    """Share of small point defects that is found."""
    from benchmarks.detection import points as measure  # noqa: PLC0415

    _run("points", lambda: measure(frames), as_json, keep)


@app.command()
def streaks(frames: Frames = 50, as_json: AsJson = False, keep: Keep = None) -> None:
    """Share of faint streaks that is found."""
    from benchmarks.detection import streaks as measure  # noqa: PLC0415

    _run("streaks", lambda: measure(frames), as_json, keep)


@app.command()
def stains(frames: Frames = 10, as_json: AsJson = False, keep: Keep = None) -> None:
    """Share of wide faint stains that is found."""
    from benchmarks.detection import stains as measure  # noqa: PLC0415

    _run("stains", lambda: measure(frames), as_json, keep)


@app.command()
def false_alarms(
    frames: Annotated[int, typer.Option(min=6, help="Frames in all.")] = 1200,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Count false defects on clean web."""
    from benchmarks.false_alarms import false_alarms as measure  # noqa: PLC0415

    _run("false_alarms", lambda: measure(frames), as_json, keep)


@app.command()
def edges(frames: Frames = 10, as_json: AsJson = False, keep: Keep = None) -> None:
    """Error of lane edges against the drawn ones."""
    from benchmarks.edges import edges as measure  # noqa: PLC0415

    _run("edges", lambda: measure(frames), as_json, keep)


@app.command()
def periods(
    webs: Annotated[int, typer.Option(min=1, help="Webs with five rollers that mark them.")] = 4,
    clean_webs: Annotated[int, typer.Option(min=1, help="Webs with unrelated defects alone, of each density.")] = 20,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Find rollers that mark the web: after how many turns, how exactly, and none where there is none."""
    from benchmarks.periods import periods as measure  # noqa: PLC0415

    _run("periods", lambda: measure(webs, clean_webs), as_json, keep)


@app.command()
def http(seconds: Seconds = 60.0, as_json: AsJson = False, keep: Keep = None) -> None:
    """One line camera at 100 m/min: latency of durable answers, and whether anything is lost."""
    from benchmarks.line import line as measure  # noqa: PLC0415

    _run("http", lambda: measure(1, 40.7, seconds, p50_bar_ms=11.0, p99_bar_ms=25.0), as_json, keep)


@app.command()
def fast(seconds: Seconds = 60.0, as_json: AsJson = False, keep: Keep = None) -> None:
    """One camera of 4096 px at 140 kHz: 137 frames of 1024 lines a second over four connections."""
    from benchmarks.line import line as measure  # noqa: PLC0415

    _run("fast", lambda: measure(1, 137.0, seconds, connections=4, p99_bar_ms=30.0), as_json, keep)


@app.command()
def cameras(
    cameras: Cameras = 4,
    frames_per_s: Annotated[float, typer.Option(min=0.1, help="Of each camera.")] = 26.0,
    seconds: Seconds = 60.0,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Several line cameras at the same time, each at its own rate."""
    from benchmarks.line import line as measure  # noqa: PLC0415

    _run("cameras", lambda: measure(cameras, frames_per_s, seconds, p99_bar_ms=40.0), as_json, keep)


@app.command()
def capacity(
    cameras: Cameras = 4,
    connections: Annotated[int, typer.Option(min=1, help="Connections of each camera.")] = 3,
    seconds: Seconds = 60.0,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Frames a second that are answered, beside those whose body is only read."""
    from benchmarks.capacity import capacity as measure  # noqa: PLC0415

    _run("capacity", lambda: measure(cameras, seconds, connections), as_json, keep)


@app.command()
def overload(
    cameras: Cameras = 4,
    seconds: Seconds = 60.0,
    times: Annotated[float, typer.Option(min=1.1, help="Times of what the station can do.")] = 2.0,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """More frames than can be answered: what is accepted, how soon the rest is refused."""
    from benchmarks.overload import overload as measure  # noqa: PLC0415

    _run("overload", lambda: measure(cameras, seconds, times), as_json, keep)


@app.command()
def soak(
    frames: Annotated[int, typer.Option(min=10_000, help="Frames in all, small ones.")] = 100_000,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Whether memory stays over many frames."""
    from benchmarks.soak import soak as measure  # noqa: PLC0415

    _run("soak", lambda: measure(frames), as_json, keep)


@app.command()
def dry_run(
    frames: Annotated[int, typer.Option(min=100, help="Of the roll.")] = 30_000,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Seconds for judging a roll by another recipe from its records."""
    from benchmarks.dry_run import dry_run as measure  # noqa: PLC0415

    _run("dry_run", lambda: measure(frames), as_json, keep)


@app.command()
def start(as_json: AsJson = False, keep: Keep = None) -> None:
    """How soon a station takes frames after its start."""
    from benchmarks.soak import start as measure  # noqa: PLC0415

    _run("start", measure, as_json, keep)


@app.command()
def million(
    defects: Annotated[int, typer.Option(min=1000, help="Of the large roll.")] = 1_000_000,
    others: Annotated[int, typer.Option(min=0, help="Ordinary rolls beside it.")] = 50,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """How soon map, lists and statistics of a roll with a million defects are answered."""
    from benchmarks.million import million as measure  # noqa: PLC0415

    _run("million", lambda: measure(defects, others), as_json, keep)


@app.command()
def fuzz(
    bodies: Annotated[int, typer.Option(min=1, help="How many to try.")] = 1_000_000,
    seed: Annotated[int, typer.Option(help="Another seed, other bodies.")] = 1,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that decode.")] = 2,
    seconds: Annotated[float, typer.Option(min=0.1, help="Processor time that one body may take.")] = 1.0,
    only: Annotated[int | None, typer.Option(min=0, help="Try the body of this number alone, in this process.")] = None,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Send damaged and malicious frame bodies through the station's decoders: no crash, no hang, memory bounded.

    A body that fails is kept in `fuzz-failures/` with its number; `--seed SEED --only NUMBER` tries it again.
    """
    from benchmarks.fuzz import again, fuzz  # noqa: PLC0415

    _run("fuzz", lambda: fuzz(bodies, seed, processes, seconds) if only is None else again(seed, only), as_json, keep)


@app.command()
def api_fuzz(
    examples: Annotated[int, typer.Option(min=1, help="Requests of each kind and route.")] = 100,
    seconds: Annotated[int | None, typer.Option(min=5, help="Go on until then instead.")] = None,
    url: Annotated[str | None, typer.Option(help="A station that runs; else one is started.")] = None,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Ask every route as its OpenAPI document allows and as it does not; needs the test extra."""
    from benchmarks.api_fuzz import api_fuzz as measure  # noqa: PLC0415

    _run("api_fuzz", lambda: measure(url, examples, seconds), as_json, keep)


if __name__ == "__main__":
    app()
