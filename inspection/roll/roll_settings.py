"""By what a roll is judged and cut: the recipe's heading `[roll]`."""

from dataclasses import dataclass
from typing import Annotated, Final

from annotated_types import Interval

from inspection.defect import Severity
from inspection.errors import RecipeError
from inspection.roll.fault import Cause, Fault

_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True)
class RollSettings:
    """A product's limits for whole rolls. No public standard fixes them: the defaults are a beginning.

    Attributes
    ----------
    cut_from : Severity
        Faults of this severity and worse are cut out. By default those for which a frame is rejected.
    margin_mm : float
        Cut more before and behind a fault: so far may the next machine's encoder be off. 0.01 % of a roll of
        1000 m, which takes a reference mark now and then.
    join_mm : float
        Cuts no further apart are one: a metre of good web is worth less than one more splice.
    shortest_piece_mm : float
        Web between two cuts, or before the first and behind the last, that is shorter is cut out too: slitters and
        notching machines need some metres to thread and to run up.
    reject_share : float
        A lane of whose length more than this has to be cut out for its faults is rejected whole. 10 % is what
        lines scrap after years of running.
    warn_share : float
        A lane of which more than this has to be cut out is at least warned of; by default anything.

    Raises
    ------
    RecipeError
        A lane would be rejected before it is warned of.
    """

    cut_from: Severity = Severity.MAJOR
    margin_mm: Annotated[float, Interval(ge=0, le=100_000)] = 100.0
    join_mm: Annotated[float, Interval(ge=0, le=1_000_000)] = 1000.0
    shortest_piece_mm: Annotated[float, Interval(ge=0, le=10_000_000)] = 5000.0
    reject_share: Annotated[float, Interval(ge=0, le=1)] = 0.1
    warn_share: Annotated[float, Interval(ge=0, le=1)] = 0.0

    def __post_init__(self) -> None:
        if self.warn_share > self.reject_share:
            raise RecipeError(
                f"expected roll.warn_share of at most roll.reject_share, got {self.warn_share} and "
                f"{self.reject_share}: lower the first"
            )

    def is_cut_out(self, fault: Fault) -> bool:
        """Whether a fault is cut out: by its severity, or because nobody can tell what is there."""
        return fault.severity is None or self.rejects(fault)

    def rejects(self, fault: Fault) -> bool:
        """Whether what was seen is so bad that it is cut out."""
        return fault.severity is not None and _RANKS[fault.severity] >= _RANKS[self.cut_from]


def is_unjudged(fault: Fault) -> bool:
    """Whether it is web of which nobody can tell what is there; a splice is known to be one."""
    return fault.severity is None and fault.cause is not Cause.SPLICE


def badness(fault: Fault) -> int:
    """Rank by which reasons are told, the largest first: what nobody can judge, then by severity, then splices."""
    if fault.severity is None:
        return len(_RANKS) if is_unjudged(fault) else -1
    return _RANKS[fault.severity]


def severity_rank(severity: Severity) -> int:
    """Rank from 0, minor."""
    return _RANKS[severity]


def severities_from(least: Severity) -> tuple[Severity, ...]:
    """List a severity and all that are worse."""
    return tuple(severity for severity, rank in _RANKS.items() if rank >= _RANKS[least])
