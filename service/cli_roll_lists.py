"""The words of `coatsight roll` for what is listed, counted and printed; see `cli_rolls`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from pathlib import Path
from typing import Annotated

import typer

from service.cli_rolls import Data, Json, Roll, app


@app.command()
def defects(
    roll: Roll,
    data: Data,
    kind: Annotated[list[str] | None, typer.Option(help="Of this kind; may be given several times.")] = None,
    severity: Annotated[list[str] | None, typer.Option(help="minor, major or critical; several times.")] = None,
    lane: Annotated[list[int] | None, typer.Option(help="In this lane, 0 is bare foil; several times.")] = None,
    from_m: Annotated[float | None, typer.Option(help="Beginning here or behind, in m.")] = None,
    to_m: Annotated[float | None, typer.Option(help="Beginning before, in m.")] = None,
    needs_review: Annotated[
        bool, typer.Option("--needs-review", help="Only those that people should look at.")
    ] = False,
    worst: Annotated[
        bool, typer.Option("--worst", help="The most severe and largest first; else along the web.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="So many at most.")] = 100,
    json: Json = False,
) -> int:
    """List a roll's defects, each once however many frames saw a piece of it.

    Example: `coatsight roll defects R0815 --severity critical --worst --data station`
    """
    from service.commands import roll_figures as command

    asked = {"kind": kind or [], "severity": severity or [], "lane": lane or [], "from_m": from_m, "to_m": to_m}
    return command.defects(roll, data, asked | {"needs_review": needs_review or None}, worst, limit, json=json)


@app.command()
def statistics(
    roll: Roll,
    data: Data,
    by: Annotated[str, typer.Option(help="kind, lane, severity, camera, shift, day or week.")] = "kind",
    json: Json = False,
) -> int:
    """Count a roll's defects, and how many there are per metre.

    Shifts are the station's, COATSIGHT_SHIFTS by the clock of COATSIGHT_TIME_ZONE.

    Example: `coatsight roll statistics R0815 --by lane --data station`
    """
    from service.commands import roll_figures as command

    return command.statistics(roll, by, data, json=json)


@app.command()
def report(
    roll: Roll,
    data: Data,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write here, - is standard output; else to ROLL.html in this folder, or to a pipe where there is one.",
        ),
    ] = None,
) -> int:
    """Write a roll's report as one HTML file, to print, sign and keep; it needs nothing but itself.

    Example: `coatsight roll report R0815 --data station -o R0815.html`
    """
    from service.commands import roll_figures as command

    return command.report(roll, data, output)
