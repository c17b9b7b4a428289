"""Limits: what makes a defect of a kind worse than usual, by its size, its number and its place.

The default limits follow what is known of the kinds' harm: missing coating, metal and
line defects outrank pinholes (Zangerle et al., J. Nondestr. Eval. 44(3), 2025; Brake 2025);
no public standard fixes them, so each product's recipe sets its own.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from inspection.defect import Kind, Severity
from inspection.errors import RecipeError
from inspection.zones import Zone

Measure: TypeAlias = Literal["area_mm2", "length_mm", "width_mm", "per_m2"]

_RANKS = {severity: place for place, severity in enumerate(Severity)}
_UNITS: dict[Measure, str] = {
    "area_mm2": "mm2",
    "length_mm": "mm long",
    "width_mm": "mm wide",
    "per_m2": "per m2",
}
_PLACES = {None: "", Zone.EDGE: " at the edge", Zone.INNER: " inside the lane", Zone.FOIL: " on the foil"}


@dataclass(frozen=True)
class Limit:
    """Above this the kind is worse than usual.

    Attributes
    ----------
    measure : {"area_mm2", "length_mm", "width_mm", "per_m2"}
        What is compared; `per_m2` is the kind's count over the area of the frame, or of the limit's zone in it.
    above : float
        The limit, in the measure's unit.
    severity : Severity
        What the defect becomes beyond it.
    zone : Zone, optional
        Where alone it holds; without one, everywhere. A limit of a zone is asked of what one frame shows, not of what
        several frames' pieces make together.

    Raises
    ------
    RecipeError
        `above` is no number from 0: nothing would ever be above it.
    """

    measure: Measure
    above: float
    severity: Severity
    zone: Zone | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.above) and self.above >= 0):
            raise RecipeError(f"expected a limit of 0 or more for {self.measure}, got {self.above}: give a number")

    def told(self, value: float) -> str:
        """A value that is above it, and the limit, in words."""
        unit = _UNITS[self.measure]
        return f"{number(value)} {unit} > {self.above:g} {unit}{_PLACES[self.zone]}"

    def hides(self, other: "Limit") -> bool:
        """Whether whatever is above the other limit is above this one too, and becomes no less severe by it."""
        everywhere = self.zone is None and self.measure != "per_m2"
        same = self.measure == other.measure and (self.zone is other.zone or everywhere)
        return same and self.above <= other.above and rank(self.severity) >= rank(other.severity)


@dataclass(frozen=True)
class KindRule:
    """One kind's usual severity and the limits that raise it.

    Attributes
    ----------
    severity : Severity
        What a defect of the kind is by itself.
    limits : sequence of Limit
        What makes it worse; the worst that is passed counts, whatever their order.
    """

    severity: Severity
    limits: tuple[Limit, ...] = ()


def default_rules() -> dict[Kind, KindRule]:
    """Return the rule of each kind that a recipe does not speak of."""
    minor, major, critical = Severity
    return {
        Kind.PINHOLE: KindRule(minor, (Limit("per_m2", 2000.0, major),)),
        Kind.BLISTER: KindRule(major),
        Kind.AGGLOMERATE: KindRule(major),
        Kind.METALLIC_PARTICLE: KindRule(critical),
        Kind.BARE_SPOT: KindRule(major, (Limit("area_mm2", 0.5, critical),)),
        Kind.STREAK: KindRule(major, (Limit("length_mm", 1000.0, critical),)),
        Kind.SCRATCH: KindRule(major),
        Kind.CRACK: KindRule(major),
        Kind.DELAMINATION: KindRule(critical),
        Kind.STAIN: KindRule(minor),
        Kind.WRINKLE: KindRule(major),
        Kind.FOIL_CONTAMINATION: KindRule(major),
        Kind.EDGE_DEFECT: KindRule(major),
        Kind.UNKNOWN: KindRule(minor),
    }


def rank(severity: Severity) -> int:
    """How bad a severity is, from 0."""
    return _RANKS[severity]


def number(value: float) -> str:
    """Write a measure as people read it: three digits, never an exponent for a large one."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
