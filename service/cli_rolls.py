"""The words of `coatsight roll`: names, options and their help; see `cli`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

app = typer.Typer(
    name="roll",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Open, close and read rolls: what lies where on the web, in metres and lanes. The station may be running.""",
)

Data: TypeAlias = Annotated[Path, typer.Option(metavar="DIR", help="The station's folder.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of words.")]
Roll: TypeAlias = Annotated[str, typer.Argument(metavar="ROLL", help="The roll's id, as its frames name it.")]


@app.command()
def lanes(roll: Roll, data: Data, json: Json = False) -> int:
    """Tell how well lanes keep their widths, places, gaps and patches, and where they do not.

    Capability comes first, and only of what is stable. Tolerances stand in the recipe under [lanes].

    Exit code 1: a stretch is out of tolerance.

    Example: `coatsight roll lanes R1 --data station`
    """
    from service.commands import lanes as command

    return command.show(roll, data, json=json)
