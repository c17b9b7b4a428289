"""`coatsight recipe check`, `example` and `diff`: what a recipe says, without a station."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from inspection.errors import InputError, RecipeError
from inspection.recipe import Recipe, read_recipe_text
from inspection.recipe_check import RecipeCheck, check_recipe
from inspection.recipe_diff import Change, Stance, recipe_diff
from inspection.recipe_problems import RecipeProblem
from inspection.recipe_text import example as example_text
from service.commands.terminal import print_json, print_table, say
from service.recipebook.sources import kept_recipe, recipe_file
from service.store.beside import reading

_WRONG = 2
_STANCES = {Stance.STRICTER: "stricter", Stance.LOOSER: "looser", Stance.OTHER: ""}


def check(files: Sequence[Path], *, json: bool) -> int:
    """Print every problem of each file."""
    checks = {str(path): _checked(path) for path in files}
    if json:
        print_json([_told(file, each) for file, each in checks.items()])
    else:
        for file, each in checks.items():
            _print(file, each)
    return _WRONG if any(each.problems for each in checks.values()) else 0


def example() -> int:
    """Print the example."""
    print(example_text(), end="")
    return 0


def diff(before: str, after: str, data: Path | None, *, json: bool) -> int:
    """Print what differs between two recipes."""
    changes = recipe_diff(_recipe(before, data), _recipe(after, data))
    if json:
        print_json([asdict(change) for change in changes])
    elif changes:
        print_changes(changes)
    else:
        say("no difference: both judge alike")
    return 0


def print_changes(changes: Sequence[Change]) -> None:
    """Print what differs, for people."""
    rows = [(*str(change).split(": ", 1), _STANCES[change.stance], change.means) for change in changes]
    print_table(("key", "before -> after", "", "what it means"), rows)


def _recipe(told: str, data: Path | None) -> Recipe:
    if recipe := recipe_file(told):
        return recipe
    if data is None:
        raise InputError(f"expected a recipe's file, got {told}: for NAME:VERSION or a roll give --data too")
    with reading(data) as connection:
        return kept_recipe(connection, told)


def _checked(path: Path) -> RecipeCheck:
    try:
        return check_recipe(read_recipe_text(path))
    except RecipeError as problem:
        return RecipeCheck(None, (RecipeProblem("", str(problem)),), ())


def _told(file: str, check: RecipeCheck) -> dict[str, object]:
    return {
        "file": file,
        "ok": check.recipe is not None,
        "problems": [asdict(problem) for problem in check.problems],
        "warnings": [asdict(warning) for warning in check.warnings],
    }


def _print(file: str, check: RecipeCheck) -> None:
    for problem in check.problems:
        print(f"{file}: {problem}")
    for warning in check.warnings:
        print(f"{file}: warning: {warning}")
    if check.recipe is not None:
        say(f"{file}: {check.recipe.name} {check.recipe.version}, a recipe that can be judged by")
