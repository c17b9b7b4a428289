"""The words of `coatsight roll`: names, options and their help; see `cli`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

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


When: TypeAlias = datetime | None


@app.command(name="open")
def open_roll(
    roll: Roll,
    data: Data,
    product: Annotated[str | None, typer.Option(help="What is coated; else what the recipe is for.")] = None,
    recipe: Annotated[str | None, typer.Option(metavar="NAME", help="Recipe; else the station's own.")] = None,
    order: Annotated[str | None, typer.Option(help="Order number.")] = None,
    lot: Annotated[list[str] | None, typer.Option(help="A supplier's lot; may be given several times.")] = None,
    field: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Whatever else; may be given several times.")
    ] = None,
    json: Json = False,
) -> int:
    """Open a roll before its first frame.

    The recipe in force and the model in use are pinned now, and hold for the whole roll. A roll that nobody opens
    is opened by its first frame, with the station's own recipe. Opened again with the same, all stays as it is.

    Exit code 2: it was opened with something else, or the recipe is for another product.

    Example: `coatsight roll open R0815 --product graphite --order 4711 --lot CU-12 --field coater=2 --data station`
    """
    from service.commands import rolls as command

    told = {"product": product, "recipe": recipe, "order_number": order, "supplier_lots": tuple(lot or ())}
    return command.open_one(command.opening_of(roll, field or (), **told), data, json=json)


@app.command()
def close(roll: Roll, data: Data, json: Json = False) -> int:
    """Close a roll for ever; frames that come later are refused, and count as not inspected.

    Example: `coatsight roll close R0815 --data station`
    """
    from service.commands import rolls as command

    return command.close_one(roll, data, json=json)


@app.command(name="list")
def list_rolls(
    data: Data,
    open_only: Annotated[
        bool | None, typer.Option("--open/--closed", help="Only those that are open, or closed.")
    ] = None,
    product: Annotated[str | None, typer.Option(help="Only of this product.")] = None,
    recipe: Annotated[str | None, typer.Option(help="Only judged by this recipe.")] = None,
    order: Annotated[str | None, typer.Option(help="Only of this order.")] = None,
    text: Annotated[str | None, typer.Option(help="Only with this in their id.")] = None,
    since: Annotated[When, typer.Option(help="Only opened from this day or moment on, UTC.")] = None,
    until: Annotated[When, typer.Option(help="Only opened before it.")] = None,
    after: Annotated[str | None, typer.Option(help="The next page, as the one before tells it.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many.")] = 50,
    json: Json = False,
) -> int:
    """List rolls, those opened last first.

    Example: `coatsight roll list --open --data station`
    """
    from service.commands import rolls as command
    from service.store.roll_list import RollFilter

    state: Literal["open", "closed"] | None = None
    if open_only is not None:
        state = "open" if open_only else "closed"
    wanted = RollFilter(state, product, recipe, order, text, _moment(since), _moment(until))
    return command.show_list(wanted, limit, after, data, json=json)


@app.command()
def show(roll: Roll, data: Data, json: Json = False) -> int:
    """Show a roll at a glance: what it was opened with, how much of it was seen, what makes its places doubtful.

    Example: `coatsight roll show R0815 --data station`
    """
    from service.commands import rolls as command

    return command.show_one(roll, data, json=json)


def _moment(told: datetime | None) -> str | None:
    from service.store.entries import stamp

    return stamp(told.replace(tzinfo=UTC)) if told else None
