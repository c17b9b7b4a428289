"""Factors: what a square metre of coated web costs and stands for in CO2e, each with its range and its source.

In:  TOML, a heading for each product and factor; `default` is for every product that does not tell its own.
Out: `Factors` of a product.

What is built in are estimates from public sources, for web coated on both sides; a plant's own figures are better.
A figure of which nobody can tell where it comes from is refused: it would stand in reports as if it were known.
"""

import difflib
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from inspection.errors import FactorsError

DEFAULT: Final = "default"
"""The heading for products that have none of their own."""

_KEYS = ("low", "mid", "high", "unit", "source")


@dataclass(frozen=True)
class Range:
    """A figure that is not known exactly.

    Attributes
    ----------
    low, mid, high : float
        Smallest, most likely and largest value.
    """

    low: float
    mid: float
    high: float

    def times(self, other: "Range") -> "Range":
        """Multiply two figures from 0 on, each anywhere in its range.

        The ends are what comes out when both are at their ends at once: bounds, not a confidence interval.
        """
        return Range(self.low * other.low, self.mid * other.mid, self.high * other.high)

    def plus(self, other: "Range") -> "Range":
        """Add two figures; the ends are bounds as well."""
        return Range(self.low + other.low, self.mid + other.mid, self.high + other.high)

    def scaled(self, count: float) -> "Range":
        """Multiply by a number from 0 on that is known."""
        return Range(self.low * count, self.mid * count, self.high * count)


@dataclass(frozen=True)
class Factor:
    """One figure to count with.

    Attributes
    ----------
    low, mid, high : float
        From 0, in order.
    unit : str
    source : str
        Where it comes from.
    """

    low: float
    mid: float
    high: float
    unit: str
    source: str

    @property
    def range(self) -> Range:
        """Its figures alone."""
        return Range(self.low, self.mid, self.high)


@dataclass(frozen=True)
class Factors:
    """What a product's web is counted with.

    Attributes
    ----------
    energy : Factor
        Energy of the cells that a square metre becomes.
    cell_footprint : Factor
        Emissions of making cells, by their energy.
    electrode_share : Factor
        Of these, what falls to this electrode.
    material : Factor
        Cost of a square metre.
    """

    energy: Factor = Factor(
        0.37,
        0.37,
        0.37,
        "kWh/m2",
        "estimate: cathode of 5.02 mAh/cm2 on each of two sides, at 3.7 V; an anode of the same cell has as much",
    )
    cell_footprint: Factor = Factor(
        41.0,
        65.0,
        89.0,
        "kg CO2e/kWh",
        "Xu et al. 2022 (Resources, Conservation and Recycling 187, 106606): cells made in 2020, 41 to 89; mid is "
        "halfway",
    )
    electrode_share: Factor = Factor(
        0.33,
        0.515,
        0.70,
        "1",
        "Xu et al. 2022 (Resources, Conservation and Recycling 187, 106606): share of the cathode, 33 to 70 %; mid is "
        "halfway; an anode's is less",
    )
    material: Factor = Factor(
        9.5, 9.5, 9.5, "EUR/m2", "estimate: material of a cathode coated on both sides; no range is known"
    )

    @property
    def eur_per_m2(self) -> Range:
        """Cost."""
        return self.material.range

    @property
    def kg_co2e_per_m2(self) -> Range:
        """Emissions."""
        return self.energy.range.times(self.cell_footprint.range).times(self.electrode_share.range)


_BUILT_IN = Factors()
_NAMES = tuple(field.name for field in fields(Factors))


def parse_factors(text: str, source: str = "factors") -> dict[str, Factors]:
    """Parse a file of factors; what a product does not tell is as under `default`, else as built in.

    Parameters
    ----------
    text : str
        TOML such as `[default.material]` with low, mid, high and source.
    source : str
        Names it in errors.

    Raises
    ------
    FactorsError
        Not TOML, an unknown key (the nearest right one is named), a figure that is none or out of order, another unit,
        or a factor without its source.
    """
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise FactorsError(f"{source}: expected TOML, got {problem}") from problem
    parsed = {product: dict(_of_product(f"{source}: {product}", table)) for product, table in told.items()}
    base = replace(_BUILT_IN, **parsed.get(DEFAULT, {}))
    return {DEFAULT: base} | {product: replace(base, **own) for product, own in parsed.items()}


def built_in() -> dict[str, Factors]:
    """Return the factors where a plant tells none."""
    return {DEFAULT: _BUILT_IN}


def _of_product(place: str, table: Any) -> Iterator[tuple[str, Factor]]:
    for name, told in _table(place, table, _NAMES).items():
        yield name, _factor(f"{place}.{name}", _table(f"{place}.{name}", told, _KEYS), getattr(_BUILT_IN, name).unit)


def _table(place: str, told: Any, known: tuple[str, ...]) -> Mapping[str, Any]:
    """Return a TOML table whose keys are all known."""
    if not isinstance(told, Mapping):
        raise FactorsError(f"{place}: expected a heading with {', '.join(known)}, got {told!r}")
    for key in told:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            raise FactorsError(f"{place}: unknown key {key}: {advice}")
    return told


def _factor(place: str, told: Mapping[str, Any], unit: str) -> Factor:
    if not (isinstance(source := told.get("source"), str) and source.strip()):
        raise FactorsError(f"{place}: expected the source of these figures, got none: say where they come from")
    if told.get("unit", unit) != unit:
        raise FactorsError(f"{place}: expected the unit {unit}, got {told['unit']!r}: convert the figures")
    low, mid, high = (_number(place, name, told.get(name)) for name in ("low", "mid", "high"))
    if not low <= mid <= high:
        raise FactorsError(
            f"{place}: expected low <= mid <= high, got {low:g}, {mid:g} and {high:g}: put them in order"
        )
    if unit == "1" and high > 1:
        raise FactorsError(f"{place}: expected a share of at most 1, got {high:g}: give 0.5 for 50 %")
    return Factor(low, mid, high, unit, source.strip())


def _number(place: str, name: str, told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told) or told < 0:
        raise FactorsError(f"{place}: expected a number from 0 as {name}, got {told!r}: give one")
    return float(told)
