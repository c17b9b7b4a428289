"""Which recipe a new roll is judged by, on both databases."""

from collections.abc import Iterator
from functools import partial

import pytest
from databases import Database
from records import NOON

from inspection.errors import RecipeError
from inspection.record import ModelRef
from service.recipes_in_force import RecipeInForce, is_recipe, recipe_in_force
from service.rolls import Rolls
from service.settings import Settings
from service.store.store import Store


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        yield opened


def in_force(store: Store, database: Database, name: str) -> RecipeInForce:
    return store.read(partial(recipe_in_force, data_dir=database.folder, name=name))


def known(store: Store, database: Database, name: str) -> bool:
    return store.read(partial(is_recipe, data_dir=database.folder, name=name))


def write(database: Database, version: int) -> None:
    (database.folder / "recipes").mkdir(exist_ok=True)
    (database.folder / "recipes" / "anode.toml").write_text(f'name = "anode"\nversion = {version}\n')


def keep(database: Database, name: str, version: int) -> None:
    database.asked(
        "INSERT INTO recipes (name, version, product, text, kept_at) "
        f"VALUES ('{name}', {version}, NULL, 'name = \"{name}\"\nversion = {version}\n', '2030')"
    )


def activate(database: Database, number: int, name: str, version: int) -> None:
    database.asked(
        "INSERT INTO recipe_activations (id, name, version, at, by, why) "
        f"VALUES ({number}, '{name}', {version}, '2030', 'Anna', 'trial')"
    )


def test_without_anything_the_built_in_default_is_in_force(store: Store, database: Database) -> None:
    found = in_force(store, database, "default")
    assert (found.text, found.recipe.version, found.recipe.product) == (None, 1, None)
    assert known(store, database, "default")


def test_the_version_activated_last_is_in_force_and_not_the_newest_nor_the_file(
    store: Store, database: Database
) -> None:
    write(database, 1)
    assert in_force(store, database, "anode").recipe.version == 1
    for version in (2, 3, 4):
        keep(database, "anode", version)
    keep(database, "cathode", 3)
    assert in_force(store, database, "anode").recipe.version == 1
    for number, (name, version) in enumerate((("anode", 4), ("anode", 2), ("cathode", 3)), 1):
        activate(database, number, name, version)
    found = in_force(store, database, "anode")
    assert (found.recipe.version, found.text) == (2, 'name = "anode"\nversion = 2\n')
    assert in_force(store, database, "cathode").recipe.version == 3


def test_a_recipe_that_was_kept_and_never_activated_is_not_there(store: Store, database: Database) -> None:
    keep(database, "cathode", 1)
    assert not known(store, database, "cathode")
    with pytest.raises(RecipeError, match="cathode"):
        in_force(store, database, "cathode")


def test_a_station_whose_own_recipe_cannot_be_judged_by_does_not_start(store: Store, database: Database) -> None:
    settings = Settings(data_dir=database.folder, default_recipe="anode")
    rolls = Rolls(store, settings, ModelRef("fake", "1", "f" * 64), lambda: NOON)
    with pytest.raises(RecipeError, match="anode"):
        rolls.check_recipe()
    keep(database, "anode", 1)
    activate(database, 1, "anode", 1)
    rolls.check_recipe()
