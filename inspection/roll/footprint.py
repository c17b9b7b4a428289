"""The footprint of web: square metres with what they cost and stand for in CO2e, low, mid and high."""

from dataclasses import dataclass

from inspection.roll.factors import Factors, Range


@dataclass(frozen=True)
class Footprint:
    """An area of web.

    Attributes
    ----------
    m2 : float
    eur, kg_co2e : Range
        Of making it.
    """

    m2: float
    eur: Range
    kg_co2e: Range

    def __add__(self, other: "Footprint") -> "Footprint":
        return Footprint(self.m2 + other.m2, self.eur.plus(other.eur), self.kg_co2e.plus(other.kg_co2e))


def footprint(m2: float, factors: Factors) -> Footprint:
    """Tell what an area of web costs and stands for.

    The same factors hold for every area of a product, so that areas are added first: adding their ranges is the same.
    """
    return Footprint(m2, factors.eur_per_m2.scaled(m2), factors.kg_co2e_per_m2.scaled(m2))
