"""Factors: estimates with their sources, a plant's own in their place, and none without a source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import FactorsError
from inspection.roll.factors import Factors, Range, built_in, parse_factors
from inspection.roll.footprint import footprint

OWN = """
[default.material]
low = 8
mid = 9
high = 11.5
unit = "EUR/m2"
source = "purchasing, 2030"
[nmc.energy]
low = 0.3
mid = 0.35
high = 0.4
source = "cell data sheet"
"""


def test_the_built_in_ones_give_5_to_23_kg_of_a_cathode_s_square_metre_and_tell_their_sources() -> None:
    factors = built_in()["default"]
    per_m2 = factors.kg_co2e_per_m2
    assert (round(per_m2.low), round(per_m2.high)) == (5, 23)
    assert per_m2.low < per_m2.mid < per_m2.high
    assert factors.eur_per_m2 == Range(9.5, 9.5, 9.5)
    assert "Xu et al. 2022" in factors.cell_footprint.source
    assert factors.material.source.startswith("estimate")


def test_24_m2_of_scrap_are_120_to_553_kg() -> None:
    lost = footprint(24.0, built_in()["default"])
    assert (round(lost.kg_co2e.low), round(lost.kg_co2e.high)) == (120, 553)
    assert lost.eur == Range(228.0, 228.0, 228.0)


def test_a_product_takes_its_own_factors_then_the_default_s_then_the_built_in_ones() -> None:
    read = parse_factors(OWN)
    assert read["nmc"].energy.mid == 0.35
    assert read["nmc"].material.source == read["default"].material.source == "purchasing, 2030"
    assert read["default"].energy == Factors().energy
    assert read["nmc"].cell_footprint == Factors().cell_footprint


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('source = "cell data sheet"', ""), r"own\.toml: nmc\.energy: expected the source of these figures, got none"),
        (('source = "cell data sheet"', 'source = " "'), "expected the source"),
        (("low = 0.3", "low = 0.9"), "expected low <= mid <= high, got 0.9, 0.35 and 0.4"),
        (("low = 0.3", "low = -1"), "expected a number from 0 as low, got -1"),
        (("low = 0.3", "low = nan"), "expected a number from 0 as low, got nan"),
        (("low = 0.3", "low = true"), "expected a number from 0 as low, got True"),
        (("low = 0.3", ""), "expected a number from 0 as low, got None"),
        (('"EUR/m2"', '"USD/m2"'), "expected the unit EUR/m2, got 'USD/m2'"),
        (("nmc.energy", "nmc.enrgy"), r"nmc: unknown key enrgy: did you mean energy\?"),
        (("low = 0.3", "lowest = 0.3"), r"nmc\.energy: unknown key lowest: did you mean low\?"),
        (("nmc.energy", "nmc.electrode_share.x"), "unknown key x: known are low"),
        (("[nmc.energy]", "[nmc]"), r"nmc: unknown key low"),
        (("[nmc.energy]", "[nmc"), "expected TOML"),
    ],
)
def test_what_cannot_be_counted_with_is_refused_by_its_place(change, told) -> None:
    with pytest.raises(FactorsError, match=told):
        parse_factors(OWN.replace(*change), "own.toml")


@pytest.mark.parametrize("text", ["nmc = 3", "[default]\nenergy = 3"])
def test_a_figure_in_the_place_of_a_heading_is_refused(text) -> None:
    with pytest.raises(FactorsError, match="expected a heading with"):
        parse_factors(text)


def test_a_share_above_one_is_refused() -> None:
    text = '[default.electrode_share]\nlow = 33\nmid = 50\nhigh = 70\nsource = "x"'
    with pytest.raises(FactorsError, match=r"expected a share of at most 1, got 70: give 0\.5 for 50 %"):
        parse_factors(text)


ranges = st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(lambda three: Range(*sorted(three)))
parts = st.floats(0, 1)


@given(ranges, ranges, parts, parts)
def test_a_product_of_two_figures_anywhere_in_their_ranges_lies_in_the_range_of_the_product(one, other, a, b) -> None:
    product = one.times(other)
    at = (one.low + a * (one.high - one.low)) * (other.low + b * (other.high - other.low))
    assert product.low * (1 - 1e-9) - 1e-9 <= at <= product.high * (1 + 1e-9) + 1e-9
    assert product.low <= product.mid <= product.high
