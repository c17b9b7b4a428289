"""What differs between two recipes: by key, with what is left out filled in.

In:  two recipes.
Out: each key whose value differs, old and new, and whether that is stricter or looser.

Limits are compared by what they are about, not by their place in the list: `verdict.kinds.crack.limits.area_mm2.major`
is the area above which a crack is major. What two limits say of the same thing, the lower one decides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from inspection.defect import Severity
from inspection.limits import Limit
from inspection.recipe import Recipe
from inspection.recipe_keys import keys_of, settings_in
from inspection.verdict import Verdict

Value: TypeAlias = str | int | float | bool | None

_LIMITS = "limits"
_ORDERS = {Severity: tuple(Severity), Verdict: tuple(Verdict)}
STRICTER_WHEN_HIGHER = frozenset(
    {"frame_checks.lowest_lamp", "frame_checks.lowest_focus", "screening.sensitivity", "verdict.review_below"}
)
STRICTER_WHEN_LOWER = frozenset(
    {
        *(f"frame_checks.{name}" for name in ("highest_lamp", "largest_saturated_share", "most_lost_lines")),
        *("segmentation.largest_flagged_share", "regions.most"),
        *("verdict.review_unlike_above", "verdict.largest_hidden_share"),
        *(f"lanes.{name}.mm" for name in ("width", "position", "gap")),
        *("lanes.waviness.largest_mm", "lanes.patch.tolerance_mm", "lanes.skip.tolerance_mm"),
        *("alarms.streak_mm", "roll.cut_from", "roll.reject_share", "roll.warn_share"),
    }
)
"""Keys that let less through the higher, or the lower, they are; of the rest nobody can say."""


class Stance(StrEnum):
    """What a change makes of judging; most filters are neither, they find other things."""

    STRICTER = "stricter"
    LOOSER = "looser"
    OTHER = "other"


@dataclass(frozen=True)
class Change:
    """One key that differs.

    Attributes
    ----------
    key : str
        With dots between its parts.
    before, after : str, int, float, bool or None
        None is not set: of a limit, that there is none.
    stance : Stance
    means : str
        What the key means.
    """

    key: str
    before: Value
    after: Value
    stance: Stance
    means: str

    def __str__(self) -> str:
        return f"{self.key}: {_told(self.before)} -> {_told(self.after)}"


@dataclass(frozen=True)
class _Set:
    """The value of a key, and what the key means."""

    value: Any
    means: str


def recipe_diff(before: Recipe, after: Recipe) -> tuple[Change, ...]:
    """List the keys that differ, in the recipe's order."""
    old, new = dict(_flat("", before)), dict(_flat("", after))
    places = {key: place for place, key in enumerate(dict.fromkeys((*new, *old)))}
    changes = (
        _change(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys(), key=places.__getitem__)
    )
    return tuple(change for change in changes if change.before != change.after)


def headings_changed(before: Recipe, after: Recipe) -> frozenset[str]:
    """Name the headings in which two recipes differ."""
    return frozenset(
        name for name, key in keys_of(Recipe).items()
        if settings_in(key.hint) and getattr(before, name) != getattr(after, name)
    )  # fmt: skip


def _flat(heading: str, settings: Any, means: str = "") -> Iterator[tuple[str, _Set]]:
    """Each value with its key, down to the leaves."""
    if isinstance(settings, Mapping):
        for name, each in settings.items():
            yield from _flat(f"{heading}.{name}", each, means)
    elif stage := settings_in(type(settings)):
        for name, key in keys_of(stage).items():
            yield from _flat(f"{heading}.{name}" if heading else name, getattr(settings, name), key.told)
    elif isinstance(settings, tuple | list):
        yield from _flat(heading, _by_name(settings), means)
    else:
        yield heading, _Set(settings, means)


def _by_name(items: tuple[Any, ...] | list[Any]) -> dict[str, Any]:
    """A list's items by what they are about: limits by that, others by their name or place."""
    limits = [item for item in items if isinstance(item, Limit)]
    lowest: dict[str, float] = {}
    for limit in limits:
        about = ".".join(filter(None, (limit.measure, limit.zone, limit.severity)))
        lowest[about] = min(limit.above, lowest.get(about, limit.above))
    return lowest if limits else {str(getattr(item, "name", place)): item for place, item in enumerate(items)}


def _change(key: str, before: _Set | None, after: _Set | None) -> Change:
    old, new = before.value if before else None, after.value if after else None
    told = after or before
    return Change(key, _plain(old), _plain(new), _stance(key, old, new), told.means if told else "")


def _stance(key: str, old: Any, new: Any) -> Stance:
    higher = _grows(old, new)
    if higher is None:
        return Stance.OTHER
    if f".{_LIMITS}." in key or key.endswith(".above") or key in STRICTER_WHEN_LOWER:
        return Stance.LOOSER if higher else Stance.STRICTER
    if type(new) in _ORDERS or key in STRICTER_WHEN_HIGHER:
        return Stance.STRICTER if higher else Stance.LOOSER
    return Stance.OTHER


def _grows(old: Any, new: Any) -> bool | None:
    """Whether a value grows; a bound that is not set lies above all others. None where values have no order."""
    if type(new) in _ORDERS and type(new) is type(old):
        order = _ORDERS[type(new)]
        return order.index(new) > order.index(old)
    numbers = [float("inf") if each is None else each for each in (old, new)]
    return numbers[1] > numbers[0] if all(isinstance(each, int | float) for each in numbers) else None


def _plain(value: Any) -> Value:
    plain: Value = str(value) if isinstance(value, StrEnum) else value
    return plain


def _told(value: Value) -> str:
    if value is None:
        return "not set"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
