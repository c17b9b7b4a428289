"""Checking a recipe: every problem that it has, and every rule in it that can never decide anything.

In:  a recipe's text.
Out: problems, with which it is no recipe; warnings, with which it is one that says less than it seems to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from inspection.defect import EVENT_KINDS, Kind, Severity
from inspection.limits import KindRule, Limit, rank
from inspection.recipe import Recipe, read_recipe
from inspection.recipe_problems import RecipeProblem
from inspection.verdict import Verdict, VerdictSettings


@dataclass(frozen=True)
class RecipeCheck:
    """What is to be said of a recipe's text.

    Attributes
    ----------
    recipe : Recipe or None
        None where there are problems.
    problems : tuple of RecipeProblem
    warnings : tuple of RecipeProblem
        Rules that can never decide anything.
    """

    recipe: Recipe | None
    problems: tuple[RecipeProblem, ...]
    warnings: tuple[RecipeProblem, ...]


def check_recipe(text: str) -> RecipeCheck:
    """Check a recipe's text."""
    recipe, problems = read_recipe(text)
    return RecipeCheck(recipe, problems, tuple(_warnings(recipe.verdict)) if recipe else ())


def _warnings(verdict: VerdictSettings) -> Iterator[RecipeProblem]:
    yield from _of_order(verdict)
    for kind, rule in verdict.kinds.items():
        key = f"verdict.kinds.{kind}"
        if kind in EVENT_KINDS:
            yield RecipeProblem(key, f"{key}: a {kind} is an event and no defect, so that this rule is never asked")
        else:
            yield from _of_limits(key, kind, rule)


def _of_order(verdict: VerdictSettings) -> Iterator[RecipeProblem]:
    """A severity that is judged more mildly than a lesser one."""
    judged = [(severity, Verdict(getattr(verdict, severity))) for severity in Severity]
    order = list(Verdict)
    for (less, milder), (more, worse) in pairwise(judged):
        if order.index(worse) < order.index(milder):
            key = f"verdict.{more}"
            yield RecipeProblem(key, f"{key}: {more} defects give {worse}, and {less} ones, which are milder, {milder}")


def _of_limits(key: str, kind: Kind, rule: KindRule) -> Iterator[RecipeProblem]:
    for number, limit in enumerate(rule.limits):
        where = f"{key}.limits.{number}"
        if rank(limit.severity) <= rank(rule.severity):
            told = (
                f"a {kind} is {rule.severity} already, so that a limit that makes it {limit.severity} changes nothing"
            )
            yield RecipeProblem(where, f"{where}: {told}")
        elif (other := _hidden_by(number, rule.limits)) is not None:
            told = f"limit {other} makes of a {kind} what this one would, or worse, and no later"
            yield RecipeProblem(where, f"{where}: {told}")


def _hidden_by(number: int, limits: tuple[Limit, ...]) -> int | None:
    """Which other limit leaves one nothing to decide; of two alike the first one stays."""
    limit = limits[number]
    for other, each in enumerate(limits):
        alike = limit.hides(each) and number < other
        if other != number and each.hides(limit) and not alike:
            return other
    return None
