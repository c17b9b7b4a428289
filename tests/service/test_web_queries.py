"""Lists of defects hold every defect that fits once and in order, whatever the filter; both databases."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from databases import Database
from drawn_rolls import BEGUN, CAMERAS, at, drawn, row_of, write_roll
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from inspection.defect import Kind, Severity
from inspection.roll.web_defect import WebDefect
from service.errors import UnknownPage, UnknownRoll
from service.rollbook.defect_cursors import cursor_of
from service.rollbook.defect_list import defect_id, defect_page
from service.store import web_queries
from service.store.store import Store
from service.store.tables import web_defects
from service.store.web_filters import WORST_FIRST, DefectFilter
from service.store.web_queries import Order

DEFECTS = {"R1": drawn(1, 300), "R2": drawn(2, 120, first_frame=1000, begun=BEGUN + timedelta(hours=9)), "EMPTY": []}

some = {
    "kinds": st.lists(st.sampled_from(list(Kind)), max_size=3).map(tuple),
    "severities": st.lists(st.sampled_from(list(Severity)), max_size=2).map(tuple),
    "lanes": st.lists(st.integers(0, 3), max_size=2).map(tuple),
    "camera_ids": st.lists(st.sampled_from(CAMERAS), max_size=1).map(tuple),
    "needs_review": st.none() | st.booleans(),
    "from_mm": st.none() | st.integers(-3, 200).map(lambda metre: 1e3 * metre),
    "to_mm": st.none() | st.floats(-3e3, 2e5),
    "left_mm": st.none() | st.floats(0, 600),
    "right_mm": st.none() | st.floats(0, 600),
    "least_mm2": st.none() | st.sampled_from([0.5, 1.0, 20.0]),
    "most_mm2": st.none() | st.sampled_from([0.5, 1.0, 20.0]),
    "least_mm": st.none() | st.sampled_from([0.2, 5.0, 1000.0]),
    "most_mm": st.none() | st.sampled_from([0.3, 5.1, 999.5]),
    "since": st.none() | st.integers(-3000, 200_000).map(at),
    "until": st.none() | st.integers(-3000, 200_000).map(at),
}
filters = st.fixed_dictionaries({}, optional=some)


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        for roll_id, defects in DEFECTS.items():
            opened.change(partial(write_roll, roll_id=roll_id, defects=defects)).result(10)
        yield opened


def fits(asked: DefectFilter, defect: WebDefect) -> bool:
    chosen = (
        (asked.kinds, defect.kind),
        (asked.severities, defect.severity),
        (asked.lanes, defect.lane or 0),
        (asked.camera_ids, defect.camera_id),
    )
    least = (
        (asked.from_mm, defect.from_mm),
        (asked.least_mm2, defect.area_mm2),
        (asked.least_mm, defect.length_mm),
        (asked.since, defect.found_at),
    )
    most = ((asked.most_mm2, defect.area_mm2), (asked.most_mm, defect.length_mm))
    below = ((asked.to_mm, defect.from_mm), (asked.right_mm, defect.left_mm), (asked.until, defect.found_at))
    return (
        all(not some or value in some for some, value in chosen)
        and all(limit is None or value >= limit for limit, value in least)
        and all(limit is None or value <= limit for limit, value in most)
        and all(limit is None or value < limit for limit, value in below)
        and (asked.left_mm is None or defect.right_mm > asked.left_mm)
        and (asked.needs_review is None or defect.needs_review == asked.needs_review)
    )


def by_hand(asked: DefectFilter, order: Order) -> list[str]:
    found = [
        (roll_id, each)
        for roll_id, defects in DEFECTS.items()
        for each in defects
        if asked.roll_id in (None, roll_id) and fits(asked, each)
    ]
    if order is Order.ALONG:
        found.sort(key=lambda each: (each[1].from_mm, each[1].identity))
    elif order is Order.NEWEST:
        found.sort(key=lambda each: (each[1].found_at, each[1].identity), reverse=True)
    else:
        found.sort(key=lambda each: (each[1].area_mm2, each[1].identity), reverse=True)
        found.sort(key=lambda each: WORST_FIRST.index(each[1].severity))
    return [f"{roll_id} {defect_id(each)}" for roll_id, each in found]


def all_pages(store: Store, asked: DefectFilter, order: Order, limit: int) -> list[str]:
    found, cursor = [], None
    while True:
        page = store.read(partial(defect_page, asked=asked, order=order, limit=limit, cursor=cursor))
        assert len(page.defects) <= limit
        found += [f"{each.roll_id} {each.id}" for each in page.defects]
        if page.next is None:
            return found
        assert page.next != cursor
        cursor = page.next


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=filters, order=st.sampled_from(list(Order)), limit=st.integers(1, 90), bounded=st.booleans())
def test_pages_hold_each_defect_that_fits_once_and_in_order(
    store: Store, asked: dict, order: Order, limit: int, bounded: bool
) -> None:
    of = DefectFilter(roll_id=None if order is Order.NEWEST else "R1", **asked)
    with pytest.MonkeyPatch.context() as patch:
        if bounded:
            patch.setattr(web_queries, "_LOOKED_AT", 40)
            patch.setattr(web_queries, "_SMALLEST_WINDOW", 2)
        assert all_pages(store, of, order, limit) == by_hand(of, order)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=filters)
def test_a_total_that_is_told_is_how_many_there_are(store: Store, asked: dict) -> None:
    of = DefectFilter(roll_id="R1", **asked)
    page = store.read(partial(defect_page, asked=of, order=Order.ALONG, limit=500))
    counted = not {name for name, value in asked.items() if value not in (None, ())} - {
        "kinds",
        "severities",
        "lanes",
        "camera_ids",
    }
    assert page.total == (len(by_hand(of, Order.ALONG)) if counted else None)


def test_a_page_looks_at_no_more_than_so_many_defects(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_queries, "_LOOKED_AT", 40)
    asked = DefectFilter(roll_id="R1", least_mm2=1e6)
    page = store.read(partial(defect_page, asked=asked, order=Order.ALONG, limit=10))
    assert page.defects == []
    assert page.next is not None
    assert all_pages(store, asked, Order.ALONG, 10) == []


def test_a_list_grows_while_it_is_read_and_nothing_is_told_twice_or_left_out(store: Store) -> None:
    asked = DefectFilter(roll_id="R1")
    first = store.read(partial(defect_page, asked=asked, order=Order.ALONG, limit=100))
    late = drawn(3, 30, first_frame=5000)
    store.change(partial(_add, roll_id="R1", defects=late)).result(10)
    found = [each.id for each in first.defects]
    cursor = first.next
    while cursor:
        page = store.read(partial(defect_page, asked=asked, order=Order.ALONG, limit=100, cursor=cursor))
        found, cursor = found + [each.id for each in page.defects], page.next
    assert len(set(found)) == len(found)
    assert {defect_id(each) for each in DEFECTS["R1"]} <= set(found)


def _add(connection, roll_id: str, defects: list[WebDefect]) -> None:
    connection.execute(insert(web_defects), [row_of(roll_id, each) for each in defects])


@pytest.mark.parametrize(
    "cursor",
    ["AAAA", "é", "bnVsbA", "W10", "a", "WyJhIiwxLDIsMyw0LDVd", "WzEsMiwzLDQsNV0", "W" * 250, "WzFlOTk5XQ"],
)
def test_a_cursor_that_no_page_gave_is_refused(store: Store, cursor: str) -> None:
    asked = DefectFilter(roll_id="R1")
    with pytest.raises(UnknownPage):
        store.read(partial(defect_page, asked=asked, order=Order.ALONG, limit=5, cursor=cursor))


def test_a_cursor_of_another_filter_or_order_is_refused(store: Store) -> None:
    asked, place = DefectFilter(roll_id="R1"), (0, (5.0, 1, 1))
    for other, order in ((DefectFilter(roll_id="R2"), Order.ALONG), (asked, Order.WORST)):
        cursor = cursor_of(place, other, order)
        with pytest.raises(UnknownPage, match="others: keep them"):
            store.read(partial(defect_page, asked=asked, order=Order.ALONG, limit=5, cursor=cursor))


@pytest.mark.parametrize("key", [("2030", 1, 1), (True, 1, 1), (1.0, -1, 1), (1.0, 2**63, 1), (1.0, 1.5, 1)])
def test_a_cursor_whose_key_was_changed_is_refused(store: Store, key: tuple) -> None:
    asked = DefectFilter(roll_id="R1")
    cursor = cursor_of((0, key), asked, Order.ALONG)
    with pytest.raises(UnknownPage, match="was changed"):
        store.read(partial(defect_page, asked=asked, order=Order.ALONG, limit=5, cursor=cursor))


def test_a_roll_that_nobody_opened_has_no_list(store: Store) -> None:
    with pytest.raises(UnknownRoll):
        store.read(partial(defect_page, asked=DefectFilter(roll_id="R9"), order=Order.ALONG, limit=5))


@pytest.mark.parametrize(
    ("order", "asked", "index"),
    [
        (Order.ALONG, {}, "web_defects_along"),
        (Order.ALONG, {"kinds": (Kind.CRACK,)}, "web_defects_by_kind"),
        (Order.WORST, {"lanes": (1,)}, "web_defects_by_size"),
        (Order.NEWEST, {"roll_id": None}, "web_defects_by_time"),
    ],
)
def test_each_order_is_read_from_its_index_and_sorts_nothing(tmp_path, order: Order, asked: dict, index: str) -> None:
    with Store(tmp_path) as store:
        store.change(partial(write_roll, roll_id="R1", defects=DEFECTS["R1"])).result(10)
        plans = store.read(partial(_plans, asked=DefectFilter(**({"roll_id": "R1"} | asked)), order=order))
    assert plans
    assert all(index in plan and "ORDER BY" not in plan for plan in plans)


def _plans(connection, asked: DefectFilter, order: Order) -> list[str]:
    how = web_queries._ORDERS[order]
    plans = []
    for group in web_queries._groups(connection, asked, order):
        for which in group:
            question = web_queries._behind(
                web_queries.select(*how.columns).where(*which, *how.within(asked)),
                how,
                ("2030" if order is Order.NEWEST else 1.0, 1, 1),
            )
            text = str(question.compile(connection.engine, compile_kwargs={"literal_binds": True}))
            plans.append(" ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")))
    return plans
