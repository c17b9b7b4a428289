"""What a benchmark found: rows of measured figures against their bars, told and kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_machine


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes
    ----------
    what, measured : str
    bar : str
        What is wanted; empty for figures told for comparison.
    met : bool or None
        None where there is no bar.
    """

    what: str
    measured: str
    bar: str = ""
    met: bool | None = None


def tell(name: str, rows: Sequence[Row], *, as_json: bool, keep: Path | None) -> bool:
    """Print the rows with the machine they were measured on; return whether every bar was met."""
    answer = {"benchmark": name, "machine": describe_machine(), "rows": [asdict(row) for row in rows]}
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{name}.json").write_text(json.dumps(answer, indent=2) + "\n")
    if as_json:
        print(json.dumps(answer, indent=2))
    else:
        Console(width=150).print(_table(name, rows))
    return all(row.met is not False for row in rows)


def _table(name: str, rows: Sequence[Row]) -> Table:
    machine = describe_machine()
    caption = f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}"
    table = Table("what", "measured", "bar", "", title=name, caption=caption)
    for row in rows:
        table.add_row(row.what, row.measured, row.bar, {None: "", True: "met", False: "MISSED"}[row.met])
    return table
