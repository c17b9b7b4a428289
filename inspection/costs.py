"""Costs: what mistakes about each kind cost, and how often they happen; for comparing recipes, never for judging.

Nothing in this heading changes a verdict. What chooses between names where the classifier wavers are
`classification.escape_cost` and `overkill_cost`, of which only the ratio counts and which hold for all kinds;
these here are money, by kind, and say what a recipe is expected to cost over a roll.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from annotated_types import Interval

from inspection.defect import Kind

Money: TypeAlias = Annotated[float, Interval(ge=0, le=1e12)]


@dataclass(frozen=True)
class KindCost:
    """What mistakes about one kind cost, and how often they happen; the rates come from a plant's own reviews.

    Attributes
    ----------
    escape : float
        What one defect of the kind costs that goes on to the cell, in any currency, the same for all kinds.
    overkill : float
        What it costs to reject for one thing of the kind that is harmless.
    detection_rate : float
        Share of the kind's defects that is found.
    false_rate : float
        Share of what is found and called by the kind that is harmless.
    """

    escape: Money
    overkill: Money
    detection_rate: Annotated[float, Interval(gt=0, le=1)]
    false_rate: Annotated[float, Interval(ge=0, le=1)]


@dataclass(frozen=True)
class CostSettings:
    """What mistakes cost, by kind; only a recipe's dry run reads it, to say what it is expected to cost.

    Attributes
    ----------
    kinds : mapping of Kind to KindCost
        For kinds left out nothing is expected: nobody said what they cost.
    """

    kinds: Mapping[Kind, KindCost] = field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    """What is expected of one kind's mistakes on a roll, in defects and in money.

    Attributes
    ----------
    missed : float
        Defects that were never found.
    let_through : float
        Defects that were found and not rejected.
    overkills : float
        Harmless things that were rejected.
    cost : float
    """

    missed: float
    let_through: float
    overkills: float
    cost: float


def expected(found: int, rejected: int, cost: KindCost) -> Expected:
    """Say what is to be expected of one kind.

    Of `n` true defects a share `r` is found, so that `n (1 - r) / r` more are expected to be there for `n` found.

    Parameters
    ----------
    found : int
        Of the kind, whatever came of them.
    rejected : int
        Of these, what was rejected.
    cost : KindCost
    """
    true_share = 1 - cost.false_rate
    missed = found * true_share * (1 - cost.detection_rate) / cost.detection_rate
    let_through, overkills = (found - rejected) * true_share, rejected * cost.false_rate
    return Expected(missed, let_through, overkills, cost.escape * (missed + let_through) + cost.overkill * overkills)
