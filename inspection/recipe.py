"""A recipe: one product's limits and stage settings, versioned, in TOML.

Headings are the stages' file names in pipeline order. A key nobody knows is an error that names
it and the nearest right one: a misspelt limit that is silently ignored passes bad web.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from annotated_types import Interval, doc
from pydantic import Field, TypeAdapter

from inspection.classification import ClassificationSettings, Naming
from inspection.costs import CostSettings
from inspection.defect import Kind
from inspection.errors import RecipeError
from inspection.flat_field import FlatFieldSettings
from inspection.frame_checks import FrameCheckSettings
from inspection.recipe_problems import RecipeProblem, read_settings
from inspection.record import RecipeRef
from inspection.regions import RegionSettings
from inspection.roll.alarms import AlarmSettings
from inspection.roll.density import DensitySettings
from inspection.roll.joining import JoiningSettings
from inspection.roll.lanes import LaneSettings
from inspection.roll.roll_settings import RollSettings
from inspection.roll.rollers import RepeatSettings
from inspection.screening import ScreeningSettings
from inspection.segmentation import SegmentationSettings
from inspection.verdict import VerdictSettings
from inspection.web import WebSettings

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Recipes name files and addresses, so their names hold nothing that a path could misread."""

_PRODUCT_PATTERN = r"^[^\x00-\x1f\x7f]{1,128}$"


@dataclass(frozen=True)
class Recipe:
    """One product's settings, stage by stage in pipeline order.

    Attributes
    ----------
    name : str
        What the recipe is called.
    version : int
        Raised with every change: a version stands for one text for ever.
    product : str, optional
        What it is for, as rolls name it; without one it is for any product.
    """

    name: Annotated[str, Field(pattern=NAME_PATTERN), doc("1 to 64 letters, digits, full stops, underscores, dashes")]
    version: Annotated[int, Interval(ge=1, le=2**31 - 1)]
    product: Annotated[str, Field(pattern=_PRODUCT_PATTERN), doc("text of 1 to 128 characters")] | None = None
    frame_checks: FrameCheckSettings = field(default_factory=FrameCheckSettings)
    flat_field: FlatFieldSettings = field(default_factory=FlatFieldSettings)
    web: WebSettings = field(default_factory=WebSettings)
    screening: ScreeningSettings = field(default_factory=ScreeningSettings)
    segmentation: SegmentationSettings = field(default_factory=SegmentationSettings)
    regions: RegionSettings = field(default_factory=RegionSettings)
    classification: ClassificationSettings = field(default_factory=ClassificationSettings)
    verdict: VerdictSettings = field(default_factory=VerdictSettings)
    costs: CostSettings = field(default_factory=CostSettings)
    joining: JoiningSettings = field(default_factory=JoiningSettings)
    repeats: RepeatSettings = field(default_factory=RepeatSettings)
    density: DensitySettings = field(default_factory=DensitySettings)
    alarms: AlarmSettings = field(default_factory=AlarmSettings)
    lanes: LaneSettings = field(default_factory=LaneSettings)
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
    return parse_recipe(read_recipe_text(path), str(path))


def read_recipe_text(path: Path) -> str:
    """Read a recipe file's text.

    Raises
    ------
    RecipeError
        The file cannot be read, or is no UTF-8 text.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise RecipeError(f"expected a recipe in UTF-8 text at {path}, got {problem}") from problem


def parse_recipe(text: str, source: str = "recipe") -> Recipe:
    """Parse a recipe's text; `source` names it in errors.

    Raises
    ------
    RecipeError
        Not TOML, an unknown key (the nearest right one is named), or a value of the wrong kind: the first problem.
    """
    recipe, problems = read_recipe(text)
    if recipe is None:
        raise RecipeError(f"{source}: {problems[0]}")
    return recipe


def read_recipe(text: str) -> tuple[Recipe | None, tuple[RecipeProblem, ...]]:
    """Parse a recipe's text, or find every problem in it: a recipe comes without problems, or not at all."""
    try:
        told = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        return None, (RecipeProblem("", f"expected TOML, got {problem}"),)
    recipe, problems = read_settings(told, _PARSED, Recipe)
    return recipe, tuple(problems)
