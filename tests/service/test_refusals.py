"""Refusals: every cause is remembered, no storm delays a record, none is lost while the database is away."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from functools import partial
from threading import Event, Thread
from typing import Any
from unittest.mock import MagicMock

import pytest
from databases import Database
from records import NOON, entry

from service.errors import StoreFailed
from service.store import reads, refusals
from service.store.entries import FrameKey
from service.store.refusals import Refusal, Refusals
from service.store.store import Store

OF_ROLL = {"camera_id": "cam-1", "roll_id": "R1"}


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        yield opened


def refusal(sequence: int, cause: str = "queue-full", **more: Any) -> Refusal:
    return Refusal(FrameKey("cam-1", "R1", sequence), cause, "come later", NOON, NOON, **more)


def refuse(store: Store, sequence: int, cause: str = "queue-full", **more: Any) -> None:
    """Refuse a frame and wait until that is remembered."""
    store.keep_refusal(refusal(sequence, cause, **more))
    if batch := store._refusals.write():
        batch.result(10)


def open_numbers(store: Store) -> int:
    return store.read(partial(reads.not_inspected_count, **OF_ROLL))


def wait_for(question: Any, answer: Any) -> None:
    end = time.monotonic() + 20
    while question() != answer:
        assert time.monotonic() < end, f"expected {answer}, got {question()}"
        time.sleep(0.01)


def test_a_refusal_is_remembered_and_closed_by_the_frame(store: Store, database: Database) -> None:
    for _ in range(2):
        refuse(store, 5)
    assert open_numbers(store) == 1
    assert database.asked("SELECT cause, attempts, closed_at FROM not_inspected") == [("queue-full", 2, None)]
    store.keep_frame(entry(5)).result(5)
    assert open_numbers(store) == 0


def test_each_cause_of_a_frame_is_remembered(store: Store) -> None:
    refuse(store, 5, position_mm=12.5, rows=256)
    refuse(store, 5, "corrupt-frame")
    told = store.read(partial(reads.refused, **OF_ROLL))
    assert [(each.sequence, set(each.causes)) for each in told] == [(5, {"queue-full", "corrupt-frame"})]
    assert open_numbers(store) == 1


def test_a_number_that_was_inspected_is_never_called_not_inspected_but_for_a_conflict(store: Store) -> None:
    store.keep_frame(entry(5)).result(5)
    refuse(store, 5, "corrupt-frame")
    assert open_numbers(store) == 0
    refuse(store, 5, "conflict")
    assert open_numbers(store) == 1


def test_a_batch_that_could_not_be_written_is_written_with_a_later_record(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(refusals, "_REMEMBER", dict.fromkeys(("sqlite", "postgresql"), "INSERT INTO nowhere VALUES (1)"))
        with pytest.raises(Exception, match=r"failed|just now"):
            refuse(store, 5)
    wait_for(lambda: store.healthy, True)
    store.keep_frame(entry(6)).result(5)
    wait_for(lambda: open_numbers(store), 1)


def test_a_storm_of_refusals_becomes_one_row_a_frame(store: Store, database: Database) -> None:
    for n in range(3000):
        store.keep_refusal(refusal(n % 10))
    wait_for(lambda: database.asked("SELECT sum(attempts), count(*) FROM not_inspected"), [(3000, 10)])


def test_answered_frames_are_told_as_runs_without_a_gap(store: Store) -> None:
    wait([store.keep_frame(entry(n)) for n in (0, 1, 2, 5, 6, 9)])
    runs = store.read(partial(reads.runs, **OF_ROLL))
    assert [(run.first, run.last) for run in runs] == [(0, 2), (5, 6), (9, 9)]
    assert [run.to_mm for run in runs] == pytest.approx([3 * 51.2, 7 * 51.2, 10 * 51.2])


def test_a_batch_that_fails_at_once_holds_nobody_up() -> None:
    failed: Future[None] = Future()
    failed.set_exception(StoreFailed("expected a store, there is none"))
    collected = Refusals(MagicMock(submit=lambda *_, **__: failed))
    keeping = Thread(target=collected.keep, args=(refusal(5),), daemon=True)
    keeping.start()
    keeping.join(5)
    assert not keeping.is_alive()


def test_what_is_refused_while_a_batch_is_written_is_remembered_by_a_store_that_closes(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, row = Event(), refusals._row

    def slow(told: Refusal) -> tuple[Any, ...]:
        begun.set()
        time.sleep(0.2)
        return row(told)

    monkeypatch.setattr(refusals, "_row", slow)
    with Store(database.folder, database.url) as opened:
        opened.keep_refusal(refusal(5))
        assert begun.wait(5)
        opened.keep_refusal(refusal(6))
    assert database.asked("SELECT sequence FROM not_inspected ORDER BY sequence") == [(5,), (6,)]
