"""The words of `coatsight recipe`: names, options and their help; see `cli`."""

# ruff: noqa: PLC0415
# Imports wait for their command, so that help is quick.

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

app = typer.Typer(
    name="recipe",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""Check, compare, try and activate recipes: what is looked for on a product, and how it is judged.

    A recipe is a TOML file. Begin with `coatsight recipe example > mine.toml`: every key, its default and what it
    means. Then `check` it, `dry-run` it against a roll that was inspected, and `activate` it for the next roll.
    """,
)

Data: TypeAlias = Annotated[Path, typer.Option(metavar="DIR", help="The station's folder.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of words.")]
File: TypeAlias = Annotated[Path, typer.Argument(metavar="FILE", help="The recipe, a TOML file.")]
Name: TypeAlias = Annotated[str, typer.Argument(metavar="NAME", help="The recipe's name.")]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recipes, TOML files.")], json: Json = False
) -> int:
    """Print every problem of each recipe: misspelt keys with the nearest right one, and what values are allowed.

    Rules that can never decide anything are warned of.

    Exit code 2: at least one is no recipe.

    Example: `coatsight recipe check recipes/*.toml`
    """
    from service.commands import recipe as command

    return command.check(files, json=json)


@app.command()
def example() -> int:
    """Print a recipe with every heading and key, its default and what it means.

    Example: `coatsight recipe example > mine.toml`
    """
    from service.commands import recipe as command

    return command.example()


@app.command()
def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help="A file, NAME:VERSION, or a roll for the one pinned to it.")
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="The station's folder; not for two files.")] = None,
    json: Json = False,
) -> int:
    """Print what differs between two recipes, key by key, with what is left out filled in.

    Example: `coatsight recipe diff graphite:3 mine.toml --data station`
    """
    from service.commands import recipe as command

    return command.diff(before, after, data, json=json)


@app.command()
def activate(
    file: File,
    why: Annotated[str, typer.Option(help="Why, in your words; it stands in the audit trail.")],
    data: Data,
    json: Json = False,
) -> int:
    """Take a recipe for the rolls to come; rolls that are open keep theirs.

    Its text is kept for ever under its name and version: another text needs another version. A version that was
    activated before may be activated again.

    Example: `coatsight recipe activate mine.toml --why "pinholes at the edge tear in slitting" --data station`
    """
    from service.commands import recipe_versions as command

    return command.activate(file, why, data, json=json)


@app.command(name="list")
def list_recipes(data: Data, json: Json = False) -> int:
    """List the recipes that were activated, and which version is in force since when."""
    from service.commands import recipe_versions as command

    return command.show_all(data, json=json)


@app.command()
def show(
    name: Name,
    data: Data,
    version: Annotated[int | None, typer.Argument(metavar="VERSION", help="Else the one in force.", min=1)] = None,
    json: Json = False,
) -> int:
    """Print a recipe's text as it was activated, and its history.

    Example: `coatsight recipe show graphite 3 --data station > graphite-3.toml`
    """
    from service.commands import recipe_versions as command

    return command.show(name, version, data, json=json)


@app.command()
def dry_run(
    roll: Annotated[str, typer.Argument(metavar="ROLL", help="The roll's id, as its frames name it.")],
    file: File,
    data: Data,
    json: Json = False,
) -> int:
    """Judge a roll that was inspected by another recipe: which frames and which metres would be judged otherwise.

    Nothing is changed. Frames are judged anew from their records; where the recipe changes what is found, from
    their pictures as far as those were kept, and the share that this covers is told.

    Example: `coatsight recipe dry-run R-2030-117 mine.toml --data station`
    """
    from service.commands import recipe_dry_run as command

    return command.run(roll, file, data, json=json)
