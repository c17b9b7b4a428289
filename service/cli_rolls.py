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
def alarms(
    roll: Roll,
    data: Data,
    after: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Only alarms with a larger number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="So many at most.")] = 1000,
    json: Json = False,
) -> int:
    """List what was told of a roll while it ran: streaks, marks of a roller, crowded stretches.

    Example: `coatsight roll alarms R1 --data station`
    """
    from service.commands import alarms as command

    return command.alarms(roll, data, after, limit, json=json)
