"""The list of rolls, on both databases."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from databases import Database
from records import NOON

from service.cursors import cursor_of
from service.errors import UnknownPage
from service.rollbook.listing import RollPage, roll_page
from service.store.audit import Actor
from service.store.connection import Connection
from service.store.entries import RollEntry, stamp
from service.store.openings import close_roll
from service.store.roll_list import RollFilter
from service.store.store import Store
from service.store.writes import write_roll

ROLL = RollEntry("R0", stamp(NOON), "default", 1, None, "fake", "1", "f" * 64)
ANNA = Actor("user", "Anna", "here")


def roll(number: int) -> RollEntry:
    """Three were opened in the same moment each; every second one is nmc, every fifth of an order."""
    return replace(
        ROLL,
        roll_id=f"Roll_{number:05d}",
        opened_at=stamp(NOON + timedelta(minutes=number // 3)),
        product="nmc" if number % 2 else "graphite",
        recipe_name="thick" if number % 3 else "default",
        order_number=str(number // 5),
    )


def fill(connection: Connection, count: int) -> None:
    for number in range(count):
        write_roll(connection, roll(number))
    for number in range(0, count, 4):
        close_roll(connection, roll(number).roll_id, ANNA, NOON)


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        opened.change(partial(fill, count=40)).result(30)
        yield opened


def page(store: Store, limit: int = 100, after: str | None = None, **wanted: str) -> RollPage:
    return store.read(partial(roll_page, wanted=RollFilter(**wanted), limit=limit, after=after))


def numbers(found: RollPage) -> list[int]:
    return [int(line.roll_id[-5:]) for line in found.rolls]


def test_rolls_are_listed_newest_first(store: Store) -> None:
    found = page(store)
    assert (numbers(found), found.next_after) == (list(range(39, -1, -1)), None)


@pytest.mark.parametrize("limit", [1, 7, 20, 39, 40, 41])
def test_pages_follow_each_other_without_a_gap_or_a_repeat(store: Store, limit: int) -> None:
    seen, after, pages = [], None, 0
    while pages == 0 or after:
        found = page(store, limit, after)
        seen += numbers(found)
        after, pages = found.next_after, pages + 1
    assert seen == list(range(39, -1, -1))
    assert pages == -(-40 // limit)


def test_a_roll_opened_meanwhile_moves_no_page(store: Store) -> None:
    first = page(store, 10)
    store.change(partial(write_roll, roll=roll(40))).result(5)
    assert numbers(page(store, 10, first.next_after)) == list(range(29, 19, -1))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"state": "closed"}, range(0, 40, 4)),
        ({"state": "open"}, [n for n in range(40) if n % 4]),
        ({"product": "nmc"}, range(1, 40, 2)),
        ({"recipe": "default"}, range(0, 40, 3)),
        ({"order_number": "3"}, range(15, 20)),
        ({"text": "OLL_0001"}, range(10, 20)),
        ({"text": "%"}, []),
        ({"text": "l_0"}, range(40)),
        ({"since": stamp(NOON + timedelta(minutes=10))}, range(30, 40)),
        ({"until": stamp(NOON + timedelta(minutes=10))}, range(30)),
        ({"product": "graphite", "state": "closed", "text": "00", "order_number": "4"}, [20, 24]),
        ({"product": "lfp"}, []),
    ],
)
def test_each_filter_lists_what_it_says(store: Store, wanted: dict[str, str], expected: range | list[int]) -> None:
    assert numbers(page(store, **wanted)) == sorted(expected, reverse=True)


def test_an_underscore_in_a_searched_text_is_an_underscore(store: Store) -> None:
    assert numbers(page(store, text="l_0003")) == list(range(39, 29, -1))
    assert numbers(page(store, text="ll0003")) == []
    assert numbers(page(store, text="l_l")) == []


def test_a_line_tells_how_the_roll_was_opened_and_closed(store: Store) -> None:
    line = page(store, text="00004").rolls[0]
    assert (line.state, line.closed_by, line.closed_at) == ("closed", "user Anna", stamp(NOON))
    assert (line.product, line.recipe.name, line.model.name, line.opened_by) == ("graphite", "thick", "fake", None)
    assert page(store, text="00005").rolls[0].closed_by is None


@pytest.mark.parametrize(
    "after", ["x", "ab=d", cursor_of("a"), cursor_of("a", "b", "c"), cursor_of("\0", "b"), "bnVsbA=="]
)
def test_a_place_that_no_page_told_is_refused(store: Store, after: str) -> None:
    with pytest.raises(UnknownPage):
        page(store, after=after)


def test_a_page_of_ten_thousand_rolls_takes_little_time(database: Database) -> None:
    with Store(database.folder, database.url) as store:
        store.change(_write_many).result(120)
        middle = cursor_of(roll(5000).opened_at, roll(5000).roll_id)
        for wanted in ({}, {"state": "closed"}, {"text": "9"}, {"order_number": "1999"}, {"product": "lfp"}):
            assert min(_seconds(store, middle, wanted) for _ in range(5)) < 0.15


def _write_many(connection: Connection) -> None:
    for number in range(10_000):
        write_roll(connection, roll(number))


def _seconds(store: Store, after: str, wanted: dict[str, str]) -> float:
    begun = time.perf_counter()
    page(store, 200, after, **wanted)
    return time.perf_counter() - begun
