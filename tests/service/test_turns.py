"""Turns: fair between cameras, never lost, left in time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.errors import DeadlinePassed
from service.turns import Turns

PATIENCE_S = 30.0


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


async def take(turns: Turns, camera: str, order: list[str], go_on: asyncio.Event) -> None:
    async with turns.turn(camera, PATIENCE_S):
        order.append(camera)
        await go_on.wait()


def test_a_camera_that_sends_much_waits_behind_itself() -> None:
    async def work() -> None:
        turns, order, held, go_on = Turns(1), list[str](), asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(take(turns, "a", order, held))
        await asyncio.sleep(0)
        go_on.set()
        others = [asyncio.create_task(take(turns, camera, order, go_on)) for camera in "aaaabbc"]
        await asyncio.sleep(0)
        assert (turns.waiting, turns.waiting_of("a"), turns.waiting_of("c")) == (7, 4, 1)
        held.set()
        await asyncio.gather(first, *others)
        assert "".join(order) == "aabcabaa"
        assert turns.waiting == 0

    run(work())


def test_who_waits_too_long_leaves_and_the_turn_goes_to_the_next() -> None:
    async def work() -> None:
        turns, held = Turns(1), asyncio.Event()
        first = asyncio.create_task(take(turns, "a", [], held))
        await asyncio.sleep(0)
        with pytest.raises(DeadlinePassed, match="all were busy"):
            async with turns.turn("b", 0.01):
                raise AssertionError
        assert turns.waiting == 0
        held.set()
        await first
        async with turns.turn("b", 0.0):
            pass

    run(work())


@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), st.booleans()), min_size=1, max_size=25),
)
def test_no_turn_is_lost_or_given_twice_whoever_is_cancelled(places: int, frames: list[tuple[str, int, bool]]) -> None:
    async def work() -> None:
        turns, at_once, most = Turns(places), 0, 0

        async def frame(camera: str, steps: int) -> None:
            nonlocal at_once, most
            async with turns.turn(camera, PATIENCE_S):
                at_once += 1
                most = max(most, at_once)
                for _ in range(steps):
                    await asyncio.sleep(0)
                at_once -= 1

        async def cancelled(camera: str, steps: int) -> None:
            task = asyncio.create_task(frame(camera, 1000))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        async def kept(camera: str, steps: int, cancel: bool) -> None:
            nonlocal at_once
            before = at_once
            if cancel:
                await cancelled(camera, steps)
            else:
                await frame(camera, steps)
            assert before >= 0

        await asyncio.gather(*(kept(*each) for each in frames if not each[2]))
        assert most <= places
        await asyncio.gather(*(cancelled(camera, steps) for camera, steps, cancel in frames if cancel))
        at_once = 0
        assert turns.waiting == 0
        await asyncio.gather(*(frame("z", 1) for _ in range(places)))
        assert turns._free == places

    run(work())
