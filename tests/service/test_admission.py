"""Admission: a bound for each camera, a share for everybody, fewer places while answers take too long."""

from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.admission import Admission
from service.errors import QueueFull

WANTED_MS = 50.0


def admission(each: int = 8, least: int = 2) -> Admission:
    return Admission(each, least, WANTED_MS)


def test_a_camera_has_so_many_places_and_gets_them_back() -> None:
    places = admission(each=3)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(places.place("cam-1"))
        with pytest.raises(QueueFull, match="at most 3 frames of cam-1"), places.place("cam-1"):
            pass
        assert (places.of("cam-1"), places.total) == (3, 3)
    assert (places.of("cam-1"), places.total) == (0, 0)


def test_slow_answers_make_places_fewer_down_to_those_that_are_worked_on() -> None:
    places = admission(least=2)
    for _ in range(500):
        places.took("cam-1", 5.0, 4 * WANTED_MS)
    assert places.places == 2


def test_quick_answers_make_places_more_only_while_they_are_short() -> None:
    places = admission()
    before = places.places
    for _ in range(500):
        places.took("cam-1", 5.0, 1.0)
    assert places.places == before
    with ExitStack() as held:
        for camera in range(before):
            held.enter_context(places.place(f"cam-{camera}"))
        for _ in range(before + 1):
            places.took("cam-1", 5.0, 1.0)
    assert places.places == before + 1


def test_a_slow_network_is_no_overload_but_one_that_slows_down_under_load_is() -> None:
    places = admission()
    before = places.places
    for _ in range(500):
        places.took("far", 20 * WANTED_MS, 5.0)
    assert places.places == before
    for _ in range(50):
        places.took("far", 22 * WANTED_MS, 5.0)
    assert places.places < before


def test_when_places_are_short_each_camera_still_has_its_share() -> None:
    places = admission(least=4)
    for _ in range(500):
        places.took("cam-1", 5.0, 4 * WANTED_MS)
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(places.place("greedy"))
        with pytest.raises(QueueFull), places.place("greedy"):
            pass
        for _ in range(2):
            held.enter_context(places.place("modest"))
        with pytest.raises(QueueFull), places.place("modest"):
            pass


def test_cameras_without_number_cannot_take_places_without_number() -> None:
    places = admission()
    with ExitStack() as held:
        for camera in range(256):
            held.enter_context(places.place(f"cam-{camera}"))
        with pytest.raises(QueueFull), places.place("one more"):
            pass
    assert places.total == 0


def test_the_advice_when_to_come_again_follows_the_answers() -> None:
    places = admission()
    for _ in range(200):
        places.took("cam-1", 20.0, 100.0)
    assert places.retry_after_ms == pytest.approx(120, abs=2)


@given(st.lists(st.floats(0.1, 5000), max_size=200))
def test_whatever_answers_take_there_are_at_least_the_least_places(answers_ms: list[float]) -> None:
    places = admission(least=3)
    for ms in answers_ms:
        places.took("cam-1", ms, ms)
        assert places.places >= 3
