"""`coatsight recipe activate`, `list` and `show`: which version is in force, and what it says."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from inspection.errors import InputError
from inspection.recipe import read_recipe_text
from service.commands.recipe import print_changes
from service.commands.remembering import at_the_command_line
from service.commands.terminal import print_json, print_table, say
from service.recipebook.activating import Activated
from service.recipebook.activating import activate as activate_text
from service.recipebook.shelf import RecipeEntry, RecipeHistory, list_recipes, read_version, recipe_history, the_version
from service.store.beside import changing, reading

_MOST = 10_000


def activate(file: Path, why: str, data: Path, *, json: bool) -> int:
    """Keep a recipe and take it for the rolls to come."""
    if not why.strip():
        raise InputError("expected --why in your words, got none: whoever reads the audit trail wants to know")
    text = read_recipe_text(file)
    with changing(data) as connection:
        activated = activate_text(connection, text, why.strip(), at_the_command_line(), datetime.now(UTC))
    if json:
        print_json(asdict(activated))
    else:
        _print(activated)
    return 0


def show_all(data: Path, *, json: bool) -> int:
    """List the recipes."""
    with reading(data) as connection:
        known = list_recipes(connection, _MOST)
    if json:
        print_json([asdict(each) for each in known])
    else:
        headings = ("recipe", "newest", "product", "in force", "since", "by", "why")
        print_table(headings, [_row(each) for each in known])
    return 0


def show(name: str, version: int | None, data: Path, *, json: bool) -> int:
    """Print a version's text on stdout, and the recipe's history on stderr."""
    with reading(data) as connection:
        history = recipe_history(connection, name)
        kept = the_version(connection, name, version)
        read = read_version(connection, name, kept.version) if json else None
    if read:
        print_json(asdict(read) | {"history": asdict(history)})
        return 0
    print(kept.text, end="" if kept.text.endswith("\n") else "\n")
    _say_history(history)
    return 0


def _print(activated: Activated) -> None:
    for warning in activated.warnings:
        say(f"warning: {warning}")
    if activated.changes:
        print_changes(activated.changes)
    told, before = activated.activation, activated.before
    than = "the built-in default" if before is None else f"version {before}"
    say(f"{told.name} {told.version} is in force from the next roll on; compared with {than}")


def _row(entry: RecipeEntry) -> tuple[str, ...]:
    active = entry.active
    told = (str(active.version), active.at, active.by, active.why) if active else ("", "", "", "")
    return entry.name, str(entry.newest_version), entry.product or "any", *told


def _say_history(history: RecipeHistory) -> None:
    for each in history.activations:
        say(f"{each.at}  version {each.version} activated by {each.by}: {each.why}")
