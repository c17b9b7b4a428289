"""Where the square metres went, what they cost and stand for, by whose figures, and what could have been saved."""

from dataclasses import dataclass, fields
from typing import Final

from inspection.roll.factors import Factor, Factors, Range
from inspection.roll.footprint import Footprint
from service.roll_report.facts import Facts
from service.roll_report.numbers import lane_called, left_out, reason, spaced
from service.rollbook.scrap import AvoidableRow, ScrapRow, scrap_of

_MOST_LANES: Final = 24
_MOST_AVOIDABLE: Final = 10
_NAMES: Final = {
    "energy": "Energy of the cells",
    "cell_footprint": "Footprint of the cells",
    "electrode_share": "Share of this electrode",
    "material": "Material",
}


@dataclass(frozen=True)
class Fate:
    """What became of an area: square metres, EUR and kg CO2e as low, mid and high."""

    name: str
    m2: str
    eur: list[str]
    kg: list[str]


@dataclass(frozen=True)
class LaneAreas:
    """One lane's square metres: inspected, rejected, not inspected, held, avoidable."""

    name: str
    m2: list[str]


@dataclass(frozen=True)
class Saving:
    """What stopping at the alarm would have saved."""

    lane: str
    why: str
    place: str
    m2: str
    eur: str
    kg: str


@dataclass(frozen=True)
class Scrap:
    """A roll's account.

    Attributes
    ----------
    inspected : str
    fates : list of Fate
    lanes : list of LaneAreas
    savings : list of Saving
    notes : list of str
        What is left out, or counts as nothing.
    factors_of : str
        Heading of the factors.
    sources : list of str
    """

    inspected: str
    fates: list[Fate]
    lanes: list[LaneAreas]
    savings: list[Saving]
    notes: list[str]
    factors_of: str
    sources: list[str]


def scrap(facts: Facts) -> Scrap:
    """Count the roll."""
    told = scrap_of(facts.judged, facts.factors)
    notes = [f"{each}: nobody measured its width, so that it counts as nothing." for each in told.unmeasured_lanes]
    lanes = left_out(_MOST_LANES, len(told.lanes), "lanes, the first")
    savings = left_out(_MOST_AVOIDABLE, len(told.avoidable), "of the largest savings")
    return Scrap(
        inspected=spaced(told.total.inspected_m2, 2),
        fates=_fates(told.total),
        lanes=[_lane(each) for each in told.lanes[:_MOST_LANES]],
        savings=[_saving(each) for each in told.avoidable[:_MOST_AVOIDABLE]],
        notes=[*notes[:_MOST_LANES], *filter(None, (lanes, savings))],
        factors_of=told.factors_of,
        sources=_sources(told.factors),
    )


def _fates(total: ScrapRow) -> list[Fate]:
    return [
        _fate("rejected", total.rejected),
        _fate("not inspected", total.not_inspected),
        _fate("held", total.held),
        _fate("of the rejected: avoidable", total.avoidable),
    ]


def _fate(name: str, area: Footprint) -> Fate:
    return Fate(name, spaced(area.m2, 2), _three(area.eur), _three(area.kg_co2e))


def _three(told: Range) -> list[str]:
    return [spaced(each, 1) for each in (told.low, told.mid, told.high)]


def _lane(row: ScrapRow) -> LaneAreas:
    areas = (row.inspected_m2, row.rejected.m2, row.not_inspected.m2, row.held.m2, row.avoidable.m2)
    return LaneAreas(row.of, [spaced(each, 2) for each in areas])


def _saving(row: AvoidableRow) -> Saving:
    return Saving(
        lane=lane_called(row.lane),
        why=reason(row.why),
        place=f"{spaced(row.from_m, 2)} to {spaced(row.to_m, 2)}",
        m2=spaced(row.saved.m2, 2),
        eur=spaced(row.saved.eur.mid, 1),
        kg=spaced(row.saved.kg_co2e.mid, 1),
    )


def _sources(factors: Factors) -> list[str]:
    return [_source(_NAMES[each.name], getattr(factors, each.name)) for each in fields(factors)]


def _source(name: str, factor: Factor) -> str:
    figures = dict.fromkeys(f"{each:g}" for each in (factor.low, factor.mid, factor.high))
    unit = "" if factor.unit == "1" else f" {factor.unit}"
    return f"{name}: {' / '.join(figures)}{unit}; {factor.source}."
