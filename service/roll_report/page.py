"""The report as one HTML file: no script, no address of anything else, the same from the station and from disk."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from inspection.roll.factors import Factors
from service.roll_report.alarms import alarms
from service.roll_report.charts import pareto, trend
from service.roll_report.facts import Facts, facts_of
from service.roll_report.head import head
from service.roll_report.lane_charts import widths
from service.roll_report.lanes import lanes
from service.roll_report.numbers import moment
from service.roll_report.repeats import repeats
from service.roll_report.scrap import scrap
from service.roll_report.tables import missed, worst
from service.roll_report.verdict import cuts, verdict
from service.roll_report.web_map import web_map
from service.store.connection import Connection

_FOLDER: Final = Path(__file__).parents[1] / "templates" / "report"
_STYLE: Final = (_FOLDER / "report.css").read_text(encoding="utf-8")

POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a browser may do with the page: show it with its own style and pictures, and nothing else."""

Section = Callable[[Facts], Any]

SECTIONS: Final[tuple[tuple[str, Section], ...]] = (
    ("head", head),
    ("verdict", verdict),
    ("cuts", cuts),
    ("map", web_map),
    ("pareto", pareto),
    ("trend", trend),
    ("lanes", lanes),
    ("widths", widths),
    ("repeats", repeats),
    ("worst", worst),
    ("missed", missed),
    ("scrap", scrap),
    ("alarms", alarms),
)
"""Each section's template, and what makes its data, given to the template as `it`; in the order of the page."""

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def report_html(connection: Connection, roll_id: str, factors: Mapping[str, Factors], printed_at: str) -> str:
    """Write the report of a roll.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    factors : mapping of str to Factors
        Of the plant, by product.
    printed_at : str
        The moment, as the store keeps moments.

    Raises
    ------
    UnknownRoll
        There is no such roll.
    RecipeError
        Its recipe cannot be read by this release.
    """
    facts = facts_of(connection, roll_id, factors)
    sections = [_rendered(name, make(facts)) for name, make in SECTIONS]
    return _TEMPLATES.get_template("page.html").render(
        roll_id=roll_id,
        verdict=facts.judged.verdict.verdict.value,
        printed=moment(printed_at),
        policy=POLICY,
        style=Markup(_STYLE),
        sections=sections,
    )


def _rendered(name: str, data: Any) -> Markup:
    return Markup(_TEMPLATES.get_template(f"{name}.html").render(it=data))
