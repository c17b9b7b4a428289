"""What commands print: results on stdout, everything said about them on stderr."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

_FILE_WIDTH = 160
"""Columns of a table that goes to a file or a pipe: reasons stay on one line."""

_STYLES = {
    "pass": "green",
    "warn": "yellow",
    "reject": "bold red",
    "hold": "bold magenta",
    "error": "bold red",
}


def say(message: str) -> None:
    """Print one line for people, on stderr."""
    Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(message)


def print_json(answer: Any) -> None:
    """Print a result for programs; a number that JSON cannot hold is an error, never `NaN`."""
    print(json.dumps(answer, indent=2, allow_nan=False))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
    """Print a result for people; verdicts in their colour."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_FILE_WIDTH)
    table = Table(*headings, title=title, title_justify="left")
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console.print(table)


def progress(*extra: str) -> Progress:
    """Make a progress bar on stderr, silent where nobody watches.

    Parameters
    ----------
    *extra : str
        Names of task fields to print behind the bar.
    """
    console = Console(stderr=True)
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    columns += [TextColumn(f"{{task.fields[{name}]}}") for name in extra]
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
