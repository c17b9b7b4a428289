"""Inspecting processes, real ones: frames in, records out, and what happens when one dies."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from fakes import draw, fake_classifier
from numpy.typing import NDArray

from inspection.classification import Classifier
from inspection.errors import CoatsightError, DeadlinePassed, InconsistentFrame, ModelError
from inspection.frame import Frame, FrameLimits
from inspection.pixel_format import PixelFormat
from service.bodies import Bodies, Body
from service.decoding import Raw, Shape
from service.errors import DigestMismatch, InspectionCrashed, InspectorsDown
from service.inspectors import InspectorProcesses
from service.settings import Settings
from service.workbench import Pins, Task, pixel_hash

PINS = Pins("R1", "cam-1", "default", None, None, 0.05)
RIGHT = Raw(Shape(512, 256, PixelFormat.MONO8), FrameLimits())


class Kills:
    """A body that ends whoever decodes it."""

    def __call__(self, body: NDArray[np.uint8]) -> Frame:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Fails:
    """A body that shows a bug."""

    def __call__(self, body: NDArray[np.uint8]) -> Frame:
        raise ZeroDivisionError


class Dawdles:
    """A body that takes its time."""

    def __call__(self, body: NDArray[np.uint8]) -> Frame:
        time.sleep(0.5)
        return RIGHT(body)


class Hangs:
    """A body that nobody is ever done with."""

    def __call__(self, body: NDArray[np.uint8]) -> Frame:
        time.sleep(600)
        raise AssertionError


def no_classifier() -> Classifier:
    raise ModelError("expected a model, there is none: put one there")


def task(decoding: Callable[[NDArray[np.uint8]], Frame] = RIGHT, sequence: int = 0, **more: object) -> Task:
    now = time.perf_counter()
    told = {"submitted": now, "deadline": now + 30, "digests": {}, "position_mm": None, **more}
    return Task(size=512 * 256, decoding=decoding, pins=PINS, sequence=sequence, **told)  # type: ignore[arg-type]


def body(bodies: Bodies, seed: int, holes: int = 0) -> Body:
    taken = bodies.take(512 * 256)
    taken.pixels[:] = draw(seed, holes=holes).reshape(-1)
    return taken


@asynccontextmanager
async def processes(folder: Path, workers: int = 1) -> AsyncIterator[InspectorProcesses]:
    settings = Settings(data_dir=folder, workers=workers)
    started = InspectorProcesses(settings, partial(fake_classifier, "f" * 64), time.perf_counter)
    await started.start()
    try:
        yield started
    finally:
        await started.close()


async def comes_true(question: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not question():
            await asyncio.sleep(0.01)


async def raised(by: Awaitable[object]) -> CoatsightError:
    with pytest.raises(CoatsightError) as problem:
        await by
    return problem.value


def test_frames_are_inspected_where_they_lie_and_told_apart(tmp_path: Path) -> None:
    async def work() -> None:
        bodies = Bodies()
        async with processes(tmp_path, workers=2) as inspectors:
            assert (inspectors.alive, inspectors.model.sha256) == (2, "f" * 64)
            sent = [body(bodies, seed, holes=seed) for seed in range(4)]
            done = await asyncio.gather(*(inspectors.inspect(task(sequence=n), each) for n, each in enumerate(sent)))
        for seed, each in enumerate(done):
            assert len(each.record.defects) == seed
            assert each.pixel_hash == pixel_hash(Frame(draw(seed, holes=seed)))
            assert each.position_mm == pytest.approx(seed * 256 * 0.05)
            assert len(each.crops) == seed * 64 * 64

    asyncio.run(work())


def test_what_is_wrong_with_a_frame_is_told_and_the_next_one_is_inspected(tmp_path: Path) -> None:
    async def work() -> None:
        bodies = Bodies()
        async with processes(tmp_path) as inspectors:
            wrong = Raw(Shape(512, 255, PixelFormat.MONO8), FrameLimits())
            assert isinstance(await raised(inspectors.inspect(task(wrong), body(bodies, 1))), InconsistentFrame)
            damaged = task(digests={"crc32c": b"none"})
            assert isinstance(await raised(inspectors.inspect(damaged, body(bodies, 1))), DigestMismatch)
            late = task(deadline=time.perf_counter() - 1)
            assert isinstance(await raised(inspectors.inspect(late, body(bodies, 1))), DeadlinePassed)
            assert isinstance(await raised(inspectors.inspect(task(Fails()), body(bodies, 1))), InspectionCrashed)
            assert (await inspectors.inspect(task(), body(bodies, 1))).rows == 256

    asyncio.run(work())


def test_a_frame_that_ends_its_process_costs_itself_and_another_process_comes(tmp_path: Path) -> None:
    async def work() -> None:
        bodies = Bodies()
        async with processes(tmp_path) as inspectors:
            deadly = asyncio.create_task(inspectors.inspect(task(Kills()), body(bodies, 1)))
            behind = asyncio.create_task(inspectors.inspect(task(), body(bodies, 2)))
            assert isinstance(await raised(deadly), InspectionCrashed)
            assert isinstance(await raised(behind), InspectorsDown)
            assert isinstance(await raised(inspectors.inspect(task(), body(bodies, 2))), InspectorsDown)
            await comes_true(lambda: inspectors.alive == 1)
            assert (await inspectors.inspect(task(), body(bodies, 2))).rows == 256

    asyncio.run(work())


def test_a_frame_that_never_ends_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        bodies = Bodies()
        async with processes(tmp_path) as inspectors:
            monkeypatch.setattr("service.inspectors._HUNG_AFTER_S", 0.1)
            before = inspectors._processes[0].pid
            hung = inspectors.inspect(task(Hangs(), deadline=time.perf_counter() + 3), body(bodies, 1))
            assert isinstance(await raised(hung), InspectionCrashed)
            monkeypatch.undo()
            await comes_true(lambda: inspectors.alive == 1 and inspectors._processes[0].pid != before)
            assert (await inspectors.inspect(task(), body(bodies, 2))).rows == 256

    asyncio.run(work())


def test_the_frame_behind_one_that_never_ends_may_be_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        bodies = Bodies()
        async with processes(tmp_path) as inspectors:
            monkeypatch.setattr("service.inspectors._HUNG_AFTER_S", 0.1)
            end = time.perf_counter() + 2
            hung = asyncio.create_task(inspectors.inspect(task(Hangs(), deadline=end), body(bodies, 1)))
            await asyncio.sleep(0)
            behind = asyncio.create_task(inspectors.inspect(task(deadline=end), body(bodies, 2)))
            assert isinstance(await raised(behind), InspectorsDown)
            assert isinstance(await raised(hung), InspectionCrashed)

    asyncio.run(work())


def test_a_camera_that_goes_away_while_its_frame_is_inspected_disturbs_no_other(tmp_path: Path) -> None:
    async def work() -> None:
        bodies = Bodies()
        async with processes(tmp_path) as inspectors:
            gone = asyncio.create_task(inspectors.inspect(task(Dawdles()), body(bodies, 1, holes=2)))
            await asyncio.sleep(0.05)
            gone.cancel()
            assert len((await inspectors.inspect(task(), body(bodies, 2, holes=1))).record.defects) == 1

    asyncio.run(work())


def test_a_process_that_ended_while_idle_costs_no_frame(tmp_path: Path) -> None:
    async def work() -> None:
        bodies = Bodies()
        async with processes(tmp_path) as inspectors:
            ended = inspectors._processes[0]
            ended.kill()
            assert ended._channel.recv(1, socket.MSG_PEEK) == b""  # it has, and the loop has not noticed
            assert isinstance(await raised(inspectors.inspect(task(), body(bodies, 1))), InspectorsDown)
            await comes_true(lambda: inspectors.alive == 1)
            assert (await inspectors.inspect(task(), body(bodies, 2))).rows == 256

    asyncio.run(work())


def test_whatever_keeps_a_process_from_starting_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with processes(tmp_path) as inspectors:
            assert inspectors._nursery
            fork, tries = inspectors._nursery.fork, iter([OSError(12, "Cannot allocate memory")])

            def poor(buried: Callable[[Any], None]) -> Any:
                for problem in tries:
                    raise problem
                return fork(buried)

            monkeypatch.setattr(inspectors._nursery, "fork", poor)
            inspectors._processes[0].kill()
            await comes_true(lambda: inspectors.alive == 0)
            await comes_true(lambda: inspectors.alive == 1)

    asyncio.run(work())


def test_an_answer_that_cannot_be_read_is_never_taken_for_the_next_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        bodies = Bodies()
        async with processes(tmp_path) as inspectors:
            with monkeypatch.context() as broken:
                broken.setattr("service.inspectors.receive", MagicMock(side_effect=EOFError))
                assert isinstance(await raised(inspectors.inspect(task(), body(bodies, 1))), InspectionCrashed)
            await comes_true(lambda: inspectors.alive == 1)
            assert (await inspectors.inspect(task(), body(bodies, 2))).rows == 256

    asyncio.run(work())


def test_a_process_that_hangs_ends_with_the_station(tmp_path: Path) -> None:
    async def work() -> None:
        async with processes(tmp_path) as inspectors:
            hangs = inspectors._processes[0].pid
            os.kill(hangs, signal.SIGSTOP)
        await comes_true(lambda: not Path(f"/proc/{hangs}").exists())

    asyncio.run(work())


def test_without_a_model_no_process_starts_and_the_reason_is_told(tmp_path: Path) -> None:
    async def work() -> None:
        started = InspectorProcesses(Settings(data_dir=tmp_path, workers=2), no_classifier, time.perf_counter)
        with pytest.raises(ModelError, match="there is none"):
            await started.start()
        assert started.alive == 0

    asyncio.run(work())


def test_bodies_are_used_again_and_freed_when_nobody_holds_them() -> None:
    bodies = Bodies()
    first = bodies.take(100_000)
    file, room = first.fd, first.room
    bodies.give_back(first)
    again = bodies.take(room - 1)
    assert (again.fd, again.pixels.size) == (file, room - 1)
    another = bodies.take(room)
    assert another.fd != file
    del first, again
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)


def test_bodies_of_all_sizes_keep_a_bounded_memory() -> None:
    bodies = Bodies()
    for size in range(1, 400):
        bodies.give_back(bodies.take(size << 16))
    assert bodies._idle_bytes <= 256 << 20
    assert len(os.listdir("/proc/self/fd")) < 300, sys.platform
