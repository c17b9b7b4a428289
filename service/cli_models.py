"""The words of `coatsight models`: names, options and their help; see `cli`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="models",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""List a station's models, take another one, go back, or try one beside.

    A model is three files of one name: .onnx, .json and .npz. Without a promotion the shipped one is used.
    """,
)

Data = Annotated[Path, typer.Option(metavar="DIR", help="The station's folder; its models are kept there.")]


@app.command(name="list")
def show(
    data: Data,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table.")] = False,
) -> int:
    """List the models that the station has, and which of them is in use, shipped or only looks on.

    Accuracy is what the model's card tells, on webs that its training never saw.
    """
    from service.commands import models as command

    return command.show(data, json=json)


@app.command()
def promote(
    model: Annotated[Path, typer.Argument(metavar="FILE.onnx", help="The model; its card and answers lie beside it.")],
    data: Data,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also where it is worse or cannot be compared.")] = False,
) -> int:
    """Keep a model in the station's folder and take it from the station's next start on.

    It must answer as its card says, and name the golden set no worse than the model in use: a macro F1 that
    is more than half a point lower is refused. The golden set is DIR/models/golden.npz, else the shipped one.

    Exit code 1: it is worse.

    Example: `coatsight models promote runs/coating-3.onnx --data station`
    """
    from service.commands import models as command

    return command.promote(model, data, anyway=anyway)


@app.command()
def rollback(data: Data) -> int:
    """Go back to the model before, from the station's next start on."""
    from service.commands import models as command

    return command.rollback(data)


@app.command()
def shadow(
    model: Annotated[str, typer.Argument(metavar="FILE.onnx|off", help="The model to try, or off.")],
    data: Data,
) -> int:
    """Try a model beside the one in use: it names what was already answered, and judges nothing.

    What it names otherwise is counted on /metrics and in `coatsight models list`.
    """
    from service.commands import models as command

    return command.shadow(model, data)
