"""The words of `coatsight drill`: names, options and their help; see `cli`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from pathlib import Path
from typing import Annotated

import typer


def drill(
    name: Annotated[str, typer.Argument(metavar="NAME|list", help="Which drill; `list` tells them all.")],
    url: Annotated[str | None, typer.Option(help="A station that runs; else the drill starts its own.")] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the drill's own station; else a temporary one.")
    ] = None,
    times: Annotated[
        int | None, typer.Option(min=1, help="How many kills, frames or clients; each drill has its own default.")
    ] = None,
    stop: Annotated[str | None, typer.Option(metavar="CMD", help="Command that stops the database.")] = None,
    start: Annotated[str | None, typer.Option(metavar="CMD", help="Command that starts it again.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of lines.")] = False,
) -> int:
    """Do harm to a station and see whether it behaves as it should.

    Each drill starts a station of its own in a temporary folder unless you name one. A station that you name
    gets frames of a camera `drill-cam` on rolls of their own.

    Exit code 0: all as expected. 1: something was not. 2: the drill could not be held.

    Example: `coatsight drill kill --times 50`
    """
    from service.commands import drill as command
    from service.drills.report import Options

    if name == "list":
        return command.show(json=json)
    return command.run(name, Options(url, data, times, stop, start), json=json)
