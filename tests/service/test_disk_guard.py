"""The disk guard: a forecast that one file does not upset, a reserve, and a station on a disk that is really full."""

import sqlite3
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from fakes import draw, post, running

from service import disk_guard
from service.disk_guard import RESERVE, DiskGuard, Level, Reserve, hours_to_full
from service.settings import Settings

MIB = 1 << 20
HOUR_S = 3600.0


def looks(left: Callable[[int], float]) -> deque[tuple[float, int]]:
    return deque((60.0 * minute, int(left(minute))) for minute in range(60))


def test_the_forecast_follows_the_trend() -> None:
    assert hours_to_full(looks(lambda minute: 600_000 - 1000 * minute)) == pytest.approx(541 / 60)


def test_one_big_file_does_not_upset_the_forecast() -> None:
    plain = hours_to_full(looks(lambda minute: 6e9 - 1e6 * minute))
    with_file = hours_to_full(looks(lambda minute: 6e9 - 1e6 * minute + (5e8 if minute > 50 else 0)))
    assert plain
    assert with_file
    assert with_file == pytest.approx(plain, rel=0.25)


@pytest.mark.parametrize("left", [lambda minute: 1e9, lambda minute: 1e9 + minute])
def test_nothing_is_forecast_while_the_disk_does_not_fill(left: Callable[[int], float]) -> None:
    assert hours_to_full(looks(left)) is None


def test_a_reserve_really_takes_its_blocks_and_gives_them_back(tmp_path: Path) -> None:
    path = tmp_path / RESERVE
    reserve = Reserve(path, 4 * MIB)
    reserve.follow(7 * MIB, going_on=True)
    assert not path.exists()
    reserve.follow(8 * MIB, going_on=True)
    assert path.stat().st_blocks * 512 >= 4 * MIB
    reserve.follow(2 * MIB, going_on=True)
    assert path.exists()
    reserve.follow(2 * MIB, going_on=False)
    assert not path.exists()


def test_a_reserve_of_an_earlier_run_is_taken_over_and_one_of_another_size_is_not(tmp_path: Path) -> None:
    path = tmp_path / RESERVE
    Reserve(path, MIB).follow(9 * MIB, going_on=True)
    assert Reserve(path, MIB).held_bytes == MIB
    assert Reserve(path, 0).held_bytes == 0
    assert not path.exists()


def test_pictures_stop_below_the_mark(tmp_path: Path) -> None:
    guard = DiskGuard(Settings(data_dir=tmp_path, keep_free_gib=100_000, reserve_mib=0), time.monotonic)
    assert not guard.has_room_for_pictures()
    assert guard.state().level is Level.PICTURES_STOPPED


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 40 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs is not permitted here: no small disk to fill")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def gauge(client: httpx.Client, name: str) -> float:
    line = next(line for line in client.get("/metrics").text.splitlines() if line.startswith(f"coatsight_{name} "))
    return float(line.split()[1])


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def fill(path: Path, leave_bytes: int) -> None:
    """Take what is free but for so much, as another program would."""
    piece, free = bytes(64 << 10), lambda: disk_guard.shutil.disk_usage(path.parent).free
    with path.open("ab", buffering=0) as file:
        while free() > leave_bytes + len(piece):
            file.write(piece)


def test_on_a_full_disk_pictures_stop_first_then_records_are_refused_and_all_recovers(small_disk: Path) -> None:
    data, filler = small_disk / "station", small_disk / "filler"
    answered: dict[int, bytes] = {}
    sequences = iter(range(100_000))

    def sent() -> int:
        sequence = next(sequences)
        answer = post(client, draw(sequence % 50, holes=3), sequence)
        if answer.status_code == 200:
            answered[sequence] = answer.content
        else:
            assert answer.status_code == 503
            assert ":store-" in answer.json()["type"]
            assert int(answer.headers["Retry-After"]) >= 1
        return answer.status_code

    settings = {"keep_free_gib": 16 / 1024, "reserve_mib": 4, "deadline_ms": 30_000}
    with running(data, **settings) as client:
        assert (data / RESERVE).exists()
        assert sent() == 200
        wait_until(lambda: gauge(client, "pictures_kept") == 1)

        fill(filler, 10 * MIB)
        assert sent() == 200
        wait_until(lambda: gauge(client, "pictures_dropped") == 1)
        wait_until(lambda: gauge(client, "disk_level") == 1)
        assert (data / RESERVE).exists()

        fill(filler, 0)
        wait_until(lambda: not (data / RESERVE).exists())
        wait_until(lambda: sent() == 200)
        assert [sent() for _ in range(10)] == [200] * 10

        fill(filler, 0)
        wait_until(lambda: sent() == 503)
        wait_until(lambda: gauge(client, "disk_level") == 2)

        filler.unlink()
        wait_until(lambda: sent() == 200)
        wait_until(lambda: gauge(client, "disk_level") == 0)
        wait_until((data / RESERVE).exists)
        kept = gauge(client, "pictures_kept")
        assert sent() == 200
        wait_until(lambda: gauge(client, "pictures_kept") > kept)
        assert client.get("/readyz").status_code == 200
    assert stored(data) == answered
    with running(data, **settings) as client:
        again = {n: post(client, draw(n % 50, holes=3), n).content for n in answered}
    assert again == answered


def test_a_station_starts_and_ends_on_a_disk_that_others_have_filled(small_disk: Path) -> None:
    data = small_disk / "station"
    settings = {"keep_free_gib": 0, "reserve_mib": 4, "deadline_ms": 30_000}
    with running(data, **settings) as client:
        first = post(client, draw(0, holes=3), 0)
        assert first.status_code == 200
    assert (data / RESERVE).exists()
    fill(small_disk / "filler", 0)
    with running(data, **settings) as client:
        assert not (data / RESERVE).exists()
        assert post(client, draw(0, holes=3), 0).content == first.content
        assert post(client, draw(1, holes=3), 1).status_code == 200
    assert len(stored(data)) == 2


def stored(data: Path) -> dict[int, bytes]:
    with closing(sqlite3.connect(data / "station.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return dict(connection.execute("SELECT sequence, answer FROM frames").fetchall())
