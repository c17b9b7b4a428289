"""The command line: every word of `coatsight`.

Here stand only the words: names, options and their help. Each command's work lies in its own file under
`commands`, imported when it is called, so that help comes at once.

Results go to stdout, everything said about them to stderr. Exit codes: 0 fine, 1 the answer is no,
2 the input or the call is wrong; a wrong call is told in one line.
"""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick; each option is a parameter, as typer wants it.

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from service import cli_access, cli_backup, cli_drills, cli_models, cli_recipe, cli_roll_figures

WRONG_CALL = 2
_INTERRUPTED = 130
_MAX_IMAGE_PIXELS = 64 << 20
"""As many as a frame may have by default."""

app = typer.Typer(
    name="coatsight",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Inspects battery-electrode coating: camera frame in, verdict out.

    Begin with `coatsight demo`: a station and a simulated camera on this machine, nothing to set up.

    Each frame gets one verdict. **pass**: nothing worth a look. **warn**: defects within the recipe's limits.
    **reject**: beyond them. **hold**: the frame could not be judged.

    Exit codes: 0 fine, 1 the answer is no, 2 the input or the call is wrong.
    """,
)

for words in (
    cli_roll_figures.app,
    cli_recipe.app,
    cli_models.app,
    cli_backup.app,
    cli_access.users,
    cli_access.keys,
    cli_access.audit,
):
    app.add_typer(words)
app.command()(cli_drills.drill)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")]
MmPerPx = Annotated[float, typer.Option(min=0.0005, max=10, help="Pixel size on the web, in mm.")]
Speed = Annotated[float, typer.Option(min=0.01, max=1000, help="Web speed, in metres a minute.")]
Product = Annotated[
    str,
    typer.Option(help="Web to draw: graphite, nmc, lfp or graphite_skip; they differ in grey, grain and lanes."),
]
Host = Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 for every network.")]


@app.command()
def inspect(
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGES...", help="Image files (PNG, JPEG, TIFF, BMP) or folders of them."),
    ],
    camera: Annotated[str | None, typer.Option(help="Take this camera's newest calibration; needs --data.")] = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="The station's folder.")] = None,
    mm_per_px: Annotated[
        float | None,
        typer.Option(min=0.0005, max=10, help="Pixel size in mm where no calibration tells; else 0.05."),
    ] = None,
    recipe: Annotated[Path | None, typer.Option(metavar="FILE", help="The product's limits; else the default.")] = None,
    calibration: Annotated[Path | None, typer.Option(metavar="FILE", help="Calibration file (.npz).")] = None,
    json: Json = False,
    overlay: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw lanes, defects and verdict into pictures in this folder."),
    ] = None,
) -> int:
    """Inspect image files and print a verdict for each.

    A `calibration.npz` or `recipe.toml` beside an image is used unless you name another. Without a
    calibration defects are listed, but the verdict is hold: a frame's own statistics hide what runs all
    through it.

    Exit code 0: nothing worse than warn. 1: a reject or a hold. 2: a file could not be read; the rest
    still were.

    Example: `coatsight inspect sample_images/graphite --overlay seen`
    """
    _guard_decoders(_MAX_IMAGE_PIXELS)
    from service.commands import inspect as command

    sources = command.Sources(camera, data, calibration, recipe, mm_per_px)
    return command.run(images, sources, overlay, json=json)


@app.command()
def calibrate(
    frames: Annotated[
        list[Path],
        typer.Argument(metavar="FRAMES...", help="24 or more frames of ordinary production: image files or folders."),
    ],
    camera: Annotated[str, typer.Option(help="The camera that took them, as it will call itself.")],
    data: Annotated[Path, typer.Option(metavar="DIR", help="The station's folder; the calibration is kept there.")],
    mm_per_px: MmPerPx = 0.05,
    json: Json = False,
) -> int:
    """Learn how one camera sees good web, and keep it as the camera's next calibration.

    Lamp, lanes and noise are measured on frames of ordinary production; a few with defects do no harm.
    The result is a new version under DIR/calibrations/CAMERA; the station takes it for the next roll it
    opens.

    Example: `coatsight calibrate monday/ --camera cam-1 --mm-per-px 0.05 --data station`
    """
    _guard_decoders(_MAX_IMAGE_PIXELS)
    from service.commands import calibrate as command

    return command.run(frames, camera, mm_per_px, data, json=json)


@app.command()
def serve(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Everything the station keeps lies in this folder.")],
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 8000,
    open_to_all: Annotated[
        bool, typer.Option("--open", help="Listen beyond this machine although nobody is asked who they are.")
    ] = False,
) -> int:
    """Run the station: cameras post frames to it, people watch it in a browser.

    Once a key or a user was added (`coatsight keys`, `coatsight users`), everybody is asked who they are. Without
    any, the station listens at this machine's own addresses alone, unless --open says otherwise.

    Further settings come from the environment, for example COATSIGHT_DEADLINE_MS. Stop it with Ctrl-C.

    Example: `coatsight serve --data station`, then open http://127.0.0.1:8000
    """
    from service.commands import serve as command

    settings = command.settings_for(data)
    _guard_decoders(settings.max_pixels)
    return command.run(settings, host, port, open_to_all=open_to_all)


@app.command()
def train(
    export: Annotated[
        Path, typer.Option("--data", metavar="DIR", help="Reviewed crops: exported .npz files, or KIND/*.png.")
    ],
    station: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="The station's folder: its model goes on learning; else the shipped one does."
        ),
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Take the new model, if it is no worse.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Keep it even where it is worse.")] = False,
    json: Json = False,
) -> int:
    """Let the model in use learn a plant's own crops, in minutes, on this machine's processor.

    The new model is compared with the one in use on a golden set that neither learned from, and on crops that
    were kept back. The one in use stays as it is.

    Needs the training extra: `pip install -e '.[train]'` in the project's folder.

    Exit code 1: it is worse and was not kept.

    Example: `coatsight train --data reviewed --station station --promote`
    """
    from service.commands import train as command

    return command.run(export, station, promote=promote, anyway=anyway, json=json)


@app.command()
def simulate(
    frames: Annotated[int, typer.Option(min=1, help="How many frames to send.")],
    url: Annotated[str, typer.Option(help="The station's address.")] = "http://127.0.0.1:8000",
    camera: Annotated[str, typer.Option(help="What the camera calls itself.")] = "cam-1",
    speed_m_min: Speed = 80.0,
    mm_per_px: MmPerPx = 0.05,
    product: Product = "graphite",
    columns: Annotated[int, typer.Option(min=256, max=32768, help="Pixels in a line.")] = 4096,
    rows: Annotated[int, typer.Option(min=64, max=16384, help="Lines in a frame.")] = 1024,
    roll: Annotated[str | None, typer.Option(help="Id of the roll; else a new one from the time of day.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another web.")] = 1,
    connections: Annotated[int, typer.Option(min=1, max=64, help="Frames on their way at the same time.")] = 2,
    key: Annotated[
        str | None, typer.Option(envvar="COATSIGHT_KEY", help="API key, where the station asks for one.")
    ] = None,
    calibration_frames: Annotated[
        int,
        typer.Option(min=0, help="First calibrate the camera on so many drawn frames; needs --data. 24 is good."),
    ] = 0,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="The station's folder, to calibrate in.")] = None,
    json: Json = False,
) -> int:
    """Play a line camera: post frames to a station as fast as the web runs.

    Up to 24 different frames are drawn first and then sent over and over, so that drawing does not
    disturb the timing; consecutive frames always differ. 19 in 20 are clean.

    Milliseconds count from the moment a frame is complete to its answer, waiting for a free connection
    included. A frame is late when that takes longer than the next frame needs to come. A station that is
    busy (503) is asked again after the time it names.

    Exit code 1: a frame was never answered.

    Example: `coatsight simulate --frames 500 --speed-m-min 80 --mm-per-px 0.05`
    """
    from service.commands import simulate as command

    web = command.WebChoice(product, columns, rows, mm_per_px, seed)
    line = command.Line(url, camera, roll, speed_m_min, connections, key)
    return command.run(web, line, frames, command.Calibrating(calibration_frames, data), json=json)


@app.command()
def demo(
    frames: Annotated[int | None, typer.Option(min=1, help="Stop after so many frames; else at Ctrl-C.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The station's port; 0 takes any free one.")] = 8000,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep everything here; else nothing is kept.")
    ] = None,
) -> int:
    """See it work: a station, a calibrated camera and a graphite web at 80 m/min, all on this machine.

    Open the address that is printed. Stop it with Ctrl-C.
    """
    from service.commands import demo as command

    return command.run(frames, port, data)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the process's own.

    Returns
    -------
    int
        The exit code.
    """
    try:
        return _code(app(args=arguments, prog_name="coatsight", standalone_mode=False))
    except TyperException as problem:
        # Without any arguments the help has just been printed, and the message is empty.
        message = problem.format_message().rstrip(".")
        return _complain(f"{message}: see coatsight --help") if message else WRONG_CALL
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; nothing more may be flushed into the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG_CALL
    except Exception as problem:
        return _complain(_told(problem))


def _code(result: Any) -> int:
    return result if isinstance(result, int) else 0


def _complain(message: str) -> int:
    print(f"coatsight: {' '.join(message.split())}", file=sys.stderr)
    return WRONG_CALL


def _told(problem: Exception) -> str:
    """Say what went wrong; an error that nobody foresaw is told with its type, as a bug to report."""
    from inspection.errors import CoatsightError

    if isinstance(problem, CoatsightError):
        return str(problem)
    if isinstance(problem, OSError):
        return f"{problem.filename or 'system'}: {problem.strerror or problem}"
    return f"unexpected {type(problem).__name__}: {problem}: please report it with the command you gave"


def _guard_decoders(max_pixels: int) -> None:
    """Tell OpenCV, which reads its environment once when imported, what no image may exceed."""
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(max_pixels))
    # Its own lines about a bad file would stand beside the one that says what to do.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")


if __name__ == "__main__":
    sys.exit(main())
