"""Recipes drawn at random, for properties."""

from dataclasses import replace

from hypothesis import strategies as st

from inspection.costs import CostSettings, KindCost
from inspection.defect import Kind, Severity
from inspection.limits import KindRule, Limit
from inspection.recipe import Recipe, default_recipe
from inspection.screening import ScreeningSettings
from inspection.verdict import Verdict, VerdictSettings
from inspection.zones import Zone

MEASURES = ("area_mm2", "length_mm", "width_mm", "per_m2")
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
limits = st.builds(
    Limit, st.sampled_from(MEASURES), st.floats(0, 1e6), st.sampled_from(Severity), st.none() | st.sampled_from(Zone)
)
rules = st.builds(KindRule, st.sampled_from(Severity), st.lists(limits, max_size=4).map(tuple))
judged = st.sampled_from([Verdict.PASS, Verdict.WARN, Verdict.REJECT])
verdicts = st.builds(
    VerdictSettings,
    kinds=st.dictionaries(st.sampled_from(Kind), rules, max_size=4),
    edge_zone_mm=st.floats(0.01, 1000),
    minor=judged,
    major=judged,
    critical=judged,
    review_below=st.floats(0, 1),
    review_unlike_above=st.none() | st.floats(0, 100),
    largest_hidden_share=st.floats(0, 1),
)
money = st.floats(0, 1e9)
costs = st.builds(
    CostSettings,
    st.dictionaries(
        st.sampled_from(Kind), st.builds(KindCost, money, money, st.floats(0.01, 1), st.floats(0, 1)), max_size=3
    ),
)
recipes = st.builds(
    Recipe,
    names,
    st.integers(1, 2**31 - 1),
    st.none() | st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=128),
    screening=st.builds(ScreeningSettings, st.floats(0.1, 10)),
    verdict=verdicts,
    costs=costs,
)


def with_rule(kind: Kind, rule: KindRule, recipe: Recipe | None = None) -> Recipe:
    recipe = recipe or default_recipe()
    return replace(recipe, verdict=replace(recipe.verdict, kinds=recipe.verdict.kinds | {kind: rule}))
