"""Scrap, cost and CO2e of one roll, by lane."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inspection.roll.factors import DEFAULT, Factors, built_in
from inspection.roll.footprint import Footprint, footprint
from inspection.roll.scrap import Areas, Avoidable, LaneAccount, avoidable, lane_accounts
from service.factors import heading_for
from service.rollbook.quality import JudgedRoll, judged_roll
from service.store.connection import Connection

_LONGEST_LIST = 100
"""Told one by one of what could have been avoided, the largest first; the sums have all of it."""


@dataclass(frozen=True)
class ScrapRow:
    """Square metres of coating and what became of them.

    Attributes
    ----------
    of : str
        The lane, roll, shift or day.
    inspected_m2 : float
        Seen and judged; with `not_inspected` and `held` it is all there is.
    rejected : Footprint
        Of the inspected, what is cut out.
    not_inspected, held : Footprint
    avoidable : Footprint
        Of the rejected, what would have been good had the line been stopped at the alarm.
    """

    of: str
    inspected_m2: float
    rejected: Footprint
    not_inspected: Footprint
    held: Footprint
    avoidable: Footprint

    def __add__(self, other: "ScrapRow") -> "ScrapRow":
        return ScrapRow(
            self.of,
            self.inspected_m2 + other.inspected_m2,
            self.rejected + other.rejected,
            self.not_inspected + other.not_inspected,
            self.held + other.held,
            self.avoidable + other.avoidable,
        )


@dataclass(frozen=True)
class AvoidableRow:
    """Something that went on: where it would have been good from, and what that is worth."""

    lane: int | None
    why: str
    from_m: float
    to_m: float
    saved: Footprint


@dataclass(frozen=True)
class RollScrap:
    """What became of a roll.

    Attributes
    ----------
    roll_id : str
    product : str or None
    factors_of : str
        Heading of the factors that it is counted with.
    factors : Factors
    still_open : bool
    total : ScrapRow
    lanes : tuple of ScrapRow
    unmeasured_lanes : tuple of str
        Lanes whose width nobody measured: they count as nothing.
    avoidable : tuple of AvoidableRow
        The 100 largest.
    """

    roll_id: str
    product: str | None
    factors_of: str
    factors: Factors
    still_open: bool
    total: ScrapRow
    lanes: tuple[ScrapRow, ...]
    unmeasured_lanes: tuple[str, ...]
    avoidable: tuple[AvoidableRow, ...]


def roll_scrap(connection: Connection, roll_id: str, factors: Mapping[str, Factors]) -> RollScrap:
    """Count a roll's square metres.

    Raises
    ------
    UnknownRoll, RecipeError
        As `opened_roll`.
    """
    return scrap_of(judged_roll(connection, roll_id), factors)


def scrap_of(judged: JudgedRoll, factors: Mapping[str, Factors]) -> RollScrap:
    """Count the square metres of a roll that was judged already."""
    faulty, seen, extent = judged.faulty, judged.faulty.seen, judged.faulty.extent
    heading = heading_for(factors, seen.entry.product)
    by_lane = accounts(judged)
    rows = [scrap_row(lane_name(each), each.areas(extent.from_mm, extent.to_mm), factors[heading]) for each in by_lane]
    went_on = avoidable(faulty.faults, extent, seen.recipe.roll)[:_LONGEST_LIST]
    return RollScrap(
        roll_id=seen.entry.roll_id,
        product=seen.entry.product,
        factors_of=heading,
        factors=factors[heading],
        still_open=seen.still_open,
        total=total_of("all lanes", rows),
        lanes=tuple(rows),
        unmeasured_lanes=tuple(lane_name(each) for each in by_lane if each.width_mm is None),
        avoidable=tuple(_avoidable(each, factors[heading]) for each in went_on),
    )


def accounts(judged: JudgedRoll) -> list[LaneAccount]:
    """Tell for each lane where its web went."""
    faulty = judged.faulty
    return lane_accounts(faulty.faults, judged.cuts, faulty.extent, faulty.seen.recipe.roll)


def scrap_row(name: str, areas: Areas, factors: Factors) -> ScrapRow:
    """Tell what square metres cost and stand for."""
    return ScrapRow(
        of=name,
        inspected_m2=areas.inspected_m2,
        rejected=footprint(areas.rejected_m2, factors),
        not_inspected=footprint(areas.not_inspected_m2, factors),
        held=footprint(areas.held_m2, factors),
        avoidable=footprint(areas.avoidable_m2, factors),
    )


def total_of(name: str, rows: Iterable[ScrapRow]) -> ScrapRow:
    """Add rows up."""
    return sum(rows, scrap_row(name, Areas(), built_in()[DEFAULT]))


def lane_name(account: LaneAccount) -> str:
    """Name a lane for people."""
    return "whole width" if account.lane is None else f"lane {account.lane}"


def _avoidable(each: Avoidable, factors: Factors) -> AvoidableRow:
    return AvoidableRow(each.lane, each.why, each.from_mm / 1e3, each.to_mm / 1e3, footprint(each.m2, factors))
