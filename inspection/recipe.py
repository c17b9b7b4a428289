"""A recipe: one product's limits and stage settings, versioned, in TOML.

Headings are the stages' file names in pipeline order. A key nobody knows is an error that names
it and the nearest right one: a misspelt limit that is silently ignored passes bad web.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from inspection.classification import ClassificationSettings, Naming
from inspection.defect import Kind
from inspection.errors import RecipeError
from inspection.flat_field import FlatFieldSettings
from inspection.frame_checks import FrameCheckSettings
from inspection.record import RecipeRef
from inspection.regions import RegionSettings
from inspection.roll.joining import JoiningSettings
from inspection.roll.roll_settings import RollSettings
from inspection.screening import ScreeningSettings
from inspection.segmentation import SegmentationSettings
from inspection.verdict import VerdictSettings
from inspection.web import WebSettings


@dataclass(frozen=True)
class Recipe:
    """One product's settings, stage by stage in pipeline order."""

    name: str
    version: int
    frame_checks: FrameCheckSettings = field(default_factory=FrameCheckSettings)
    flat_field: FlatFieldSettings = field(default_factory=FlatFieldSettings)
    web: WebSettings = field(default_factory=WebSettings)
    screening: ScreeningSettings = field(default_factory=ScreeningSettings)
    segmentation: SegmentationSettings = field(default_factory=SegmentationSettings)
    regions: RegionSettings = field(default_factory=RegionSettings)
    classification: ClassificationSettings = field(default_factory=ClassificationSettings)
    verdict: VerdictSettings = field(default_factory=VerdictSettings)
    joining: JoiningSettings = field(default_factory=JoiningSettings)
    roll: RollSettings = field(default_factory=RollSettings)

    @property
    def ref(self) -> RecipeRef:
        """Name and version, as every answer states them."""
        return RecipeRef(self.name, self.version)

    @property
    def naming(self) -> Naming:
        """How names are chosen: by this product's costs and severities."""
        return Naming(self.classification, {kind: self.verdict.harm(kind) for kind in Kind})


_PARSED = TypeAdapter(Recipe)


def default_recipe() -> Recipe:
    """The recipe for a product that has none of its own."""
    return Recipe("default", 1)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file.

    Raises
    ------
    RecipeError
        The file cannot be read, or holds a key or value that no stage knows.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise RecipeError(f"expected a recipe in UTF-8 text at {path}, got {problem}") from problem
    return parse_recipe(text, str(path))


def parse_recipe(text: str, source: str = "recipe") -> Recipe:
    """Parse a recipe's text; `source` names it in errors.

    Raises
    ------
    RecipeError
        Not TOML, an unknown key (the nearest right one is named), or a value of the wrong kind.
    """
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise RecipeError(f"{source}: expected TOML, got {problem}") from problem
    _refuse_unknown_keys(told, Recipe, source, "")
    try:
        return _PARSED.validate_python(told)
    except RecipeError as problem:
        raise RecipeError(f"{source}: {problem}") from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RecipeError(f"{source}: {where}: {first['msg']}, got {first['input']!r}") from problem


def _refuse_unknown_keys(told: Mapping[str, Any], stage: type, source: str, heading: str) -> None:
    known = {item.name for item in fields(stage)}
    hints = get_type_hints(stage)
    for key, value in told.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            advice = f"did you mean {heading}{near[0]}?" if near else f"known are {', '.join(sorted(known))}"
            raise RecipeError(f"{source}: unknown key {heading}{key}: {advice}")
        for inner, name, inner_value in _nested(hints[key], f"{heading}{key}.", value):
            _refuse_unknown_keys(inner_value, inner, source, name)


def _nested(hint: Any, heading: str, value: Any) -> list[tuple[type, str, Mapping[str, Any]]]:
    """Every mapping inside a value that stands for a settings class: itself, its items, its entries."""
    if isinstance(hint, type) and is_dataclass(hint):
        return [(hint, heading, value)] if isinstance(value, Mapping) else []
    inner = [part for part in getattr(hint, "__args__", ()) if isinstance(part, type) and is_dataclass(part)]
    if not inner:
        return []
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [(inner[0], f"{heading}{name}.", entry) for name, entry in entries if isinstance(entry, Mapping)]
