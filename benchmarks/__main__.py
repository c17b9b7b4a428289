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
def http(
    seconds: float = 60.0,
    frames_per_s: float = 40.7,
    connections: Annotated[int, typer.Option(min=1, help="Connections of the camera.")] = 2,
    as_json: AsJson = False,
    keep: Keep = None,
) -> None:
    """Latency of durable answers at a line camera's rate, and whether anything is lost."""
    from benchmarks.http import http_load  # noqa: PLC0415

    _run("http", lambda: http_load(seconds, frames_per_s, connections), as_json, keep)


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
