"""The words of `coatsight roll`: names, options and their help; see `cli`."""

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
