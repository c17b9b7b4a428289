"""The words of `coatsight roll` for what a roll's web tells: verdict, cuts, lanes, alarms, scrap; see `cli_rolls`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from typing import Annotated

import typer

from service.cli_rolls import Data, Json, Roll, app

__all__ = ["app"]


@app.command()
def verdict(roll: Roll, data: Data, json: Json = False) -> int:
    """Judge a roll: each lane by what of it has to be cut out, with reasons, worst first.

    **pass**: nothing to cut out. **warn**: something is cut out, or slight faults stay in. **reject**: more of the
    lane would have to be cut out than its recipe allows (`[roll] reject_share`). **hold**: some of it was not
    inspected or could not be judged; that never passes.

    Exit code 1: reject or hold.

    Example: `coatsight roll verdict R-2030-17 --data station`
    """
    from service.commands import roll_quality as command

    return command.verdict(roll, data, json=json)


@app.command()
def cuts(
    roll: Roll,
    data: Data,
    head_cut_m: Annotated[float, typer.Option(min=0, help="Metres cut off the coated start before.")] = 0.0,
    tail_cut_m: Annotated[float, typer.Option(min=0, help="Metres cut off the coated end before.")] = 0.0,
    rewound: Annotated[
        bool, typer.Option("--reversed", help="The next machine begins with what was coated last.")
    ] = False,
    turned_round: Annotated[
        bool, typer.Option("--turned-round", help="The next machine's operator side is the coater's drive side.")
    ] = False,
    stretch: Annotated[
        float, typer.Option(min=0.5, max=2, help="What the next machine measures between two marks, over the coater's.")
    ] = 1.0,
    lane: Annotated[int | None, typer.Option(min=1, help="Only this lane.")] = None,
    defects: Annotated[
        bool, typer.Option("--defects", help="Also each defect that is cut out, for machines that drop single sheets.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV (RFC 4180) for the next machine.")] = False,
    json: Json = False,
) -> int:
    """List what to cut out of each lane, in the coordinates of the machine that slits or notches it.

    Each lane counts as a roll of its own: along from where the next machine begins, across from the edge of its
    coating. The columns of --csv are told in `service/rollbook/README.md`.

    Example: `coatsight roll cuts R-2030-17 --head-cut-m 4 --reversed --csv --data station > R-2030-17.csv`
    """
    from service.commands import roll_quality as command

    off = command.CutOff(head_cut_m, tail_cut_m, rewound, turned_round, stretch)
    form: command.Form = "csv" if csv else "json" if json else "table"
    return command.cuts(roll, data, off, lane, form, with_defects=defects)


@app.command()
def scrap(
    data: Data,
    roll: Annotated[str | None, typer.Argument(metavar="[ROLL]", help="One roll by lane; else a period.")] = None,
    since: Annotated[
        str | None, typer.Option(help="From this day or moment on; the plant's clock unless it says. Else today.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before this day or moment; else up to now.")] = None,
    by: Annotated[str, typer.Option(help="roll, lane, shift or day.")] = "roll",
    json: Json = False,
) -> int:
    """Count square metres that were inspected, cut out, not inspected and held, with their cost and CO2e.

    Also what would have been good had the line been stopped a metre after something that went on began. Shifts and
    days are the plant's, see COATSIGHT_SHIFTS and COATSIGHT_TIME_ZONE; what is counted with, see `roll factors`.

    Examples: `coatsight roll scrap R-2030-17 --data station`,
    `coatsight roll scrap --since 2030-01-01 --until 2030-02-01 --by shift --data station`
    """
    from service.commands import scrap as command

    if roll is not None:
        return command.of_roll(roll, data, json=json)
    return command.of_period(data, since, until, by, json=json)


@app.command()
def factors(
    data: Data,
    product: Annotated[str | None, typer.Option(help="Only this product's.")] = None,
    json: Json = False,
) -> int:
    """Show what a square metre is counted with: low, mid and high, and where each figure comes from.

    Built in are estimates from public sources. Put your own into DIR/factors.toml, for all products or for one; a
    figure without a source is refused:

        [default.material]            # energy, cell_footprint, electrode_share, material
        low = 8.0
        mid = 9.2
        high = 11.0
        source = "purchasing, January 2030"

    Example: `coatsight roll factors --data station`
    """
    from service.commands import scrap as command

    return command.factors(data, product, json=json)


@app.command()
def lanes(roll: Roll, data: Data, json: Json = False) -> int:
    """Tell how well lanes keep their widths, places, gaps and patches, and where they do not.

    Capability comes first, and only of what is stable. Tolerances stand in the recipe under [lanes].

    Exit code 1: a stretch is out of tolerance.

    Example: `coatsight roll lanes R1 --data station`
    """
    from service.commands import lanes as command

    return command.show(roll, data, json=json)


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
