"""What is wrong with a recipe: every problem in plain words, with its key and what would be right.

In:  what was read of TOML, and the class of settings that it should be.
Out: the problems, unknown keys first.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inspection.errors import RecipeError
from inspection.recipe_keys import allowed, choices, entry, keys_of, settings_in

_LONGEST_VALUE = 60


@dataclass(frozen=True)
class RecipeProblem:
    """Something in a recipe that is wrong.

    Attributes
    ----------
    key : str
        Where, with dots between the parts; empty where it is the whole text.
    told : str
        What was expected, what came, what to do.
    """

    key: str
    told: str

    def __str__(self) -> str:
        return self.told


def unknown_keys(told: Mapping[str, Any], settings: type, heading: str = "") -> Iterator[RecipeProblem]:
    """Find the keys that nobody knows: a misspelt limit that is silently ignored passes bad web.

    Parameters
    ----------
    told : mapping
        As TOML says it.
    settings : type
        The class that it should be.
    heading : str
        What its keys are under, with a dot at the end.
    """
    known = keys_of(settings)
    for name, value in told.items():
        key = f"{heading}{name}"
        if name not in known:
            yield RecipeProblem(key, f"unknown key {key}: {_advice(name, list(known), heading)}")
            continue
        for inner, inner_heading, inner_value in _tables(known[name].hint, f"{key}.", value):
            yield from unknown_keys(inner_value, inner, inner_heading)


def wrong_values(problem: ValidationError, settings: type) -> Iterator[RecipeProblem]:
    """Say what is wrong with values, each with its key and what is allowed there."""
    for error in problem.errors(include_url=False):
        loc = [part for part in error["loc"] if part != "[key]"]
        key = ".".join(map(str, loc))
        where = f"{key}: " if key else ""
        yield RecipeProblem(key, where + _wrong(error, _hint_at(settings, loc, names=len(loc) < len(error["loc"]))))


def read_settings(
    told: Mapping[str, Any], adapter: TypeAdapter[Any], settings: type
) -> tuple[Any, list[RecipeProblem]]:
    """Make settings of what TOML says, or find every problem in it."""
    problems = list(unknown_keys(told, settings))
    try:
        made = adapter.validate_python(told)
    except ValidationError as problem:
        return None, [*problems, *wrong_values(problem, settings)]
    return (None if problems else made), problems


def _advice(name: str, known: Sequence[str], heading: str) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {heading}{near[0]}?" if near else f"known are {', '.join(sorted(known))}"


def _tables(hint: Any, heading: str, value: Any) -> Iterator[tuple[type, str, Mapping[str, Any]]]:
    """Every mapping inside a value that stands for settings: itself, its items, its entries."""
    if own := settings_in(hint):
        if isinstance(value, Mapping):
            yield own, heading, value
    elif kept := entry(hint):
        items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
        yield from ((kept[1], f"{heading}{name}.", each) for name, each in items if isinstance(each, Mapping))


def _hint_at(settings: type, loc: Sequence[int | str], *, names: bool) -> Any:
    """What a place takes; where its name is what is wrong, what names are taken there."""
    hint: Any = settings
    for at, part in enumerate(loc):
        if own := settings_in(hint):
            hint = keys_of(own)[str(part)].hint
        elif kept := entry(hint):
            hint = kept[0] if names and at == len(loc) - 1 else kept[1]
    return hint


def _wrong(error: Any, hint: Any) -> str:
    if isinstance(own := error.get("ctx", {}).get("error"), RecipeError):
        return str(own)
    expected = allowed(hint) or ("a list" if (kept := entry(hint)) and kept[0] is int else "a table of keys")
    if error["type"] == "missing":
        return f"expected {expected}, got nothing: add it"
    value = error["input"]
    said = repr(value) if len(repr(value)) <= _LONGEST_VALUE else f"{repr(value)[:_LONGEST_VALUE]}..."
    words = choices(hint)
    near = difflib.get_close_matches(value, words, 1) if isinstance(value, str) else ()
    return f"expected {expected}, got {said}" + (f": did you mean {near[0]}?" if near else "")
