"""`coatsight roll defects`, `statistics` and `report`."""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inspection.errors import InputError
from service.api.defect_query import DefectQuery
from service.commands.terminal import print_json, print_table, say
from service.factors import factors_in
from service.roll_report.page import report_html
from service.rollbook.defect_list import ListedDefect, defect_page
from service.rollbook.statistics import By, Figure
from service.rollbook.statistics import statistics as statistics_of
from service.settings import Settings
from service.store.beside import reading
from service.store.connection import Connection
from service.store.entries import stamp
from service.store.web_filters import DefectFilter
from service.store.web_queries import Order
from service.store.web_sums import RollsAsked

_PAGE = 500
_NO_FILE_NAME = r"[^\w.-]+|^[.-]+"
"""Also no file that is hidden, and none that the next command takes for an option."""

_LONGEST = 60
"""Letters of four bytes; names of files end at 255."""

_STANDARD_OUTPUT = Path("-")


def defects(roll_id: str, data: Path, asked: Mapping[str, Any], worst: bool, limit: int, *, json: bool) -> int:
    """List defects that fit a filter; `asked` is told by the names of the API's query."""
    wanted = _query(asked).filter_of(roll_id)
    with reading(data) as connection:
        found = list(_listed(connection, wanted, Order.WORST if worst else Order.ALONG, limit))
    if json:
        print_json([asdict(each) for each in found])
    else:
        headings = ("id", "kind", "severity", "lane", "from m", "across mm", "length mm", "width mm", "mm2", "review")
        print_table(headings, [_row(each) for each in found])
    return 0


def statistics(roll_id: str, by: str, data: Path, *, json: bool) -> int:
    """Count a roll's defects."""
    if by not in list(By):
        raise InputError(f"expected --by out of {', '.join(By)}, got {by!r}")
    with reading(data) as connection:
        told = statistics_of(connection, RollsAsked(roll_id), By(by), Settings(data_dir=data).shift_plan)
    if json:
        print_json(asdict(told))
    else:
        say(f"{told.total} defects on {told.seen_m:.3f} m of web")
        headings = (by, "defects", "minor", "major", "critical", "seen m", "per m", "per m2")
        print_table(headings, [_figures(each) for each in told.figures])
    return 0


def report(roll_id: str, data: Path, output: Path | None) -> int:
    """Write a roll's report: to a file, or to standard output where that is `-`, or piped and no file is named."""
    with reading(data) as connection:
        page = report_html(connection, roll_id, factors_in(data), stamp(datetime.now(UTC)))
    if output == _STANDARD_OUTPUT or (output is None and not sys.stdout.isatty()):
        print(page)
        return 0
    output = output or Path(file_name(roll_id))
    output.write_text(page, encoding="utf-8")
    say(f"the report of roll {roll_id} is in {output}")
    return 0


def file_name(roll_id: str) -> str:
    """Give the roll's name as any folder and shell takes it."""
    return f"{re.sub(_NO_FILE_NAME, '_', roll_id)[:_LONGEST]}.html"


def _query(asked: Mapping[str, Any]) -> DefectQuery:
    try:
        return DefectQuery.model_validate(asked)
    except ValidationError as problem:
        first = problem.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise InputError(f"--{option}: {first['msg']}, got {first['input']!r}") from None


def _listed(connection: Connection, asked: DefectFilter, order: Order, limit: int) -> Iterator[ListedDefect]:
    """Go on from page to page, until so many are found or there is no more."""
    cursor = None
    while limit:
        page = defect_page(connection, asked, order, min(limit, _PAGE), cursor)
        yield from page.defects
        limit -= len(page.defects)
        if page.next is None:
            return
        cursor = page.next


def _row(each: ListedDefect) -> tuple[str, ...]:
    place = f"{each.lane or 'foil'}", f"{each.from_m:.3f}", f"{(each.left_mm + each.right_mm) / 2:.1f}"
    size = f"{each.length_mm:.2f}", f"{each.width_mm:.2f}", f"{each.area_mm2:.2f}"
    return each.id, each.kind, each.severity, *place, *size, "yes" if each.needs_review else ""


def _figures(each: Figure) -> tuple[str, ...]:
    counts = (each.count, each.minor, each.major, each.critical)
    shares = (each.seen_m, each.per_m, each.per_m2)
    return each.name, *map(str, counts), *("" if share is None else f"{share:.3f}" for share in shares)
