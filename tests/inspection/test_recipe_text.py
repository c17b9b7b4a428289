"""A recipe written and read again is the same recipe."""

import tomllib
from dataclasses import fields

import pytest
from hypothesis import given, settings
from recipes import recipes

from inspection.recipe import Recipe, default_recipe, parse_recipe
from inspection.recipe_keys import entry, headline, keys_of, settings_in
from inspection.recipe_text import example, write_recipe


def stages(stage: type = Recipe) -> set[type]:
    found = {stage}
    for key in keys_of(stage).values():
        inner = settings_in(key.hint) or (kept[1] if (kept := entry(key.hint)) else None)
        found |= stages(inner) if inner else set()
    return found


@settings(max_examples=60, deadline=None)
@given(recipes)
def test_a_recipe_written_and_read_again_is_the_same(recipe: Recipe) -> None:
    assert parse_recipe(write_recipe(recipe)) == recipe
    assert parse_recipe(write_recipe(recipe, explained=True)) == recipe


def test_the_example_is_the_default_recipe() -> None:
    assert parse_recipe(example()) == default_recipe()


def test_the_example_has_every_heading_and_every_key() -> None:
    told = tomllib.loads(example())
    for key in keys_of(Recipe).values():
        stage = settings_in(key.hint)
        assert key.name in told or f"# {key.name} = " in example()
        for inner in keys_of(stage).values() if stage else ():
            assert (
                inner.name in told[key.name] or f"# {inner.name} = " in example() or f"{inner.name}.NAME" in example()
            )


@pytest.mark.parametrize("stage", sorted(stages(), key=lambda stage: stage.__name__))
def test_every_key_of_every_heading_is_explained(stage: type) -> None:
    assert headline(stage)
    told = {key.name: key.told for key in keys_of(stage).values() if not settings_in(key.hint)}
    assert [name for name, meaning in told.items() if not meaning] == []
    assert set(keys_of(stage)) == {item.name for item in fields(stage)}  # type: ignore[arg-type]
