"""A recipe as text: every key with its value, and on request what it means and what it takes.

In:  a recipe.
Out: TOML that is read as that same recipe.
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from inspection.recipe import Recipe, default_recipe
from inspection.recipe_keys import Key, entry, headline, keys_of, settings_in

_WIDTH = 118
_BEGINNING = """\
# A recipe: what is looked for on one product, and how it is judged. Every key is here with its default;
# a recipe of your own needs name and version, and only what differs. Raise the version with every change:
# rolls keep the one that they were opened with. `coatsight recipe check FILE` finds what is wrong."""


def example() -> str:
    """Return the default recipe with every heading and key explained."""
    return f"{_BEGINNING}\n\n{write_recipe(default_recipe(), explained=True)}"


def write_recipe(recipe: Recipe, *, explained: bool = False) -> str:
    """Write a recipe with all its keys, those left out too.

    Parameters
    ----------
    recipe : Recipe
    explained : bool
        Whether comments say what each heading and key means and what it takes.
    """
    return "\n".join(_table("", recipe, explained=explained)).strip() + "\n"


def _table(heading: str, settings: Any, *, explained: bool, told: str = "") -> Iterator[str]:
    """The lines of one table: its own keys first, then the tables in it."""
    stage: type = type(settings)
    keys, at = keys_of(stage), f"{heading}." if heading else ""
    if heading:
        means = ": ".join(filter(None, (headline(stage), told)))
        yield from ("", *(_comment(means) if explained else ()), f"[{heading}]")
    inner = {name: key for name, key in keys.items() if _is_table(key.hint)}
    for name, key in keys.items():
        if name not in inner:
            yield from _line(key, getattr(settings, name), explained=explained)
    for name, key in inner.items():
        value = getattr(settings, name)
        if not isinstance(value, Mapping):
            yield from _table(f"{at}{name}", value, explained=explained, told=key.told)
            continue
        if explained:
            yield from _of_table(f"{at}{name}", key, value)
        for each, kept in value.items():
            yield from _table(f"{at}{name}.{_name(each)}", kept, explained=False)


def _is_table(hint: Any) -> bool:
    kept = entry(hint)
    return settings_in(hint) is not None or (kept is not None and kept[0] is not int)


def _line(key: Key, value: Any, *, explained: bool) -> Iterator[str]:
    if explained:
        yield from _comment(f"{key.told} ({key.allowed})" if key.allowed else key.told)
        yield from _of_entries(key)
    if value is not None:
        yield f"{key.name} = {_value(value)}"
    elif explained:
        yield f"# {key.name} = ... is not set"


def _of_table(heading: str, key: Key, value: Mapping[Any, Any]) -> Iterator[str]:
    """What a table by name holds, and how an entry is written."""
    kept = entry(key.hint)
    if kept is None:
        return
    yield from ("", *_comment(f"[{heading}.NAME]: {key.told}"))
    for each in keys_of(kept[1]).values():
        takes = f" ({each.allowed})" if each.allowed else ""
        yield from _comment(f"  {each.name}: {each.told}{takes}")
        yield from _of_entries(each)
    if not value:
        yield from _comment("There is none by default")


def _of_entries(key: Key) -> Iterator[str]:
    """What a list's entries hold."""
    if kept := entry(key.hint):
        for each in keys_of(kept[1]).values():
            takes = f" ({each.allowed})" if each.allowed else ""
            yield from _comment(f"    {each.name}: {each.told}{takes}")


def _comment(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent=f"# {indent}", break_on_hyphens=False)


def _value(value: Any) -> str:
    if is_dataclass(value):
        told = ((item.name, getattr(value, item.name)) for item in fields(value))
        return "{ " + ", ".join(f"{name} = {_value(each)}" for name, each in told if each is not None) + " }"
    if isinstance(value, tuple | list):
        return _list([_value(each) for each in value])
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _list(items: list[str]) -> str:
    line = f"[{', '.join(items)}]"
    return line if len(line) < _WIDTH - 20 else "[\n" + "".join(f"  {item},\n" for item in items) + "]"


def _text(value: str) -> str:
    # What JSON may hold as it is and TOML may not.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _name(each: Any) -> str:
    name = str(each)
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _text(name)
