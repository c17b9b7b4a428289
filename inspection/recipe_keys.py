"""The keys of settings, as their classes declare them: what each takes, and what it means.

In:  a class of settings, and its docstring.
Out: its keys in order, each with its type, its explanation and what is allowed, in words.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import EnumMeta
from functools import cache
from inspect import cleandoc
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from annotated_types import DocInfo, Interval

_NAMES: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_ATTRIBUTE = re.compile(r"^(\w[\w, ]*?) :.*$")
_SECTION = re.compile(r"^-{3,}$")


@dataclass(frozen=True)
class Key:
    """One key of a class of settings.

    Attributes
    ----------
    name : str
    hint : Any
        Its type, with what it is annotated by.
    told : str
        What it means: the first sentence of its explanation.
    """

    name: str
    hint: Any
    told: str

    @property
    def allowed(self) -> str:
        """What it takes, in words; empty where it holds further keys."""
        return allowed(self.hint)


@cache
def keys_of(settings: type) -> Mapping[str, Key]:
    """List the keys of a class of settings, in their order."""
    hints, told = get_type_hints(settings, include_extras=True), _attributes(settings)
    made = (Key(item.name, hints[item.name], told.get(item.name, "")) for item in fields(settings))
    return {key.name: key for key in made}


def headline(settings: type) -> str:
    """Return the first sentence of a class's docstring."""
    return _first_sentence(cleandoc(settings.__doc__ or "").split("\n\n")[0])


def allowed(hint: Any) -> str:
    """Say what a type takes, in words; empty where it holds further keys."""
    hint = _given(hint)
    marks = getattr(hint, "__metadata__", ())
    if said := next((mark for mark in marks if isinstance(mark, DocInfo)), None):
        return said.documentation
    if words := choices(hint):
        return _listed(words)
    plain = get_args(hint)[0] if marks else hint
    name = _NAMES.get(plain, "")
    return name + "".join(_between(mark) for mark in marks if isinstance(mark, Interval))


def choices(hint: Any) -> tuple[str, ...]:
    """Return the words that a type takes, where it takes no others."""
    hint = _given(hint)
    hint = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    if isinstance(hint, EnumMeta):
        members: Mapping[str, Any] = hint.__members__
        return tuple(str(each) for each in members.values())
    return tuple(map(str, get_args(hint))) if get_origin(hint) is Literal else ()


def entry(hint: Any) -> tuple[Any, type] | None:
    """Return by what a table's entries are found, and their class; None where a type is no table of settings."""
    hint = _given(hint)
    parts = [part for part in get_args(hint) if part is not Ellipsis]
    if not parts or not (isinstance(parts[-1], type) and is_dataclass(parts[-1])):
        return None
    return (parts[0] if len(parts) == 2 else int), parts[-1]


def settings_in(hint: Any) -> type | None:
    """Return the class of settings that a type is, None where it is none."""
    hint = _given(hint)
    return hint if isinstance(hint, type) and is_dataclass(hint) else None


def _given(hint: Any) -> Any:
    """A type without the None that stands for not set."""
    parts = get_args(hint)
    if NoneType not in parts:
        return hint
    return next(part for part in parts if part is not NoneType)


def _between(bounds: Interval) -> str:
    low = _bound(" from ", bounds.ge) or _bound(" above ", bounds.gt)
    high = _bound(" to ", bounds.le) or _bound(" below ", bounds.lt)
    return f"{low} and{high}" if low and high and bounds.le is None else low + high


def _bound(word: str, value: Any) -> str:
    if value is None:
        return ""
    return f"{word}{int(value) if value == int(value) else value}"


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _attributes(settings: type) -> dict[str, str]:
    """Read the explanations under `Attributes` of a numpydoc docstring."""
    told: dict[str, list[str]] = {}
    names: list[str] = []
    for line in _attribute_lines(cleandoc(settings.__doc__ or "").splitlines()):
        if line.startswith(" "):
            for name in names:
                told[name].append(line.strip())
        elif found := _ATTRIBUTE.match(line):
            names = [name.strip() for name in found[1].split(",")]
            told |= {name: [] for name in names}
    return {name: _first_sentence(" ".join(lines)) for name, lines in told.items()}


def _attribute_lines(lines: Sequence[str]) -> Sequence[str]:
    """The lines between the heading `Attributes` and the next one."""
    heads = [at for at, line in enumerate(lines) if _SECTION.match(line)]
    begin = next((at for at in heads if lines[at - 1] == "Attributes"), None)
    if begin is None:
        return ()
    end = next((at - 1 for at in heads if at > begin), len(lines))
    return lines[begin + 1 : end]


def _first_sentence(text: str) -> str:
    """Up to the first full stop that a space or nothing follows."""
    plain = " ".join(text.split()).replace("`", "")
    return re.split(r"(?<=[.])\s", plain)[0].rstrip(".")
