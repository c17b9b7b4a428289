"""What was answered is there after kill -9, to the byte."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from databases import Database
from fakes import draw, post

HERE = Path(__file__).parent
CONNECTIONS = 3


@contextmanager
def station(database: Database) -> Iterator[tuple[subprocess.Popen[str], str]]:
    path = os.pathsep.join((str(HERE.parents[1]), str(HERE)))
    process = subprocess.Popen(
        [sys.executable, str(HERE / "station_process.py"), str(database.folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path} | ({"COATSIGHT_STORE_URL": database.url} if database.url else {}),
    )
    assert process.stdout
    try:
        port = process.stdout.readline().strip()
        assert port, "the station did not start"
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def post_until_it_dies(url: str, first: int, answered: dict[int, bytes]) -> None:
    """Post every third frame, and note each answer that came whole."""
    with httpx.Client(base_url=url, timeout=10) as client:
        for sequence in range(first, 10_000, CONNECTIONS):
            try:
                answer = post(client, draw(sequence, holes=sequence % 4), sequence)
            except httpx.HTTPError:
                return
            if answer.status_code == 200:
                answered[sequence] = answer.content


def test_every_frame_that_was_answered_survives_kill_9(database: Database) -> None:
    answered: dict[int, bytes] = {}
    with station(database) as (process, url):
        threads = [
            threading.Thread(target=post_until_it_dies, args=(url, first, answered)) for first in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 60
        while len(answered) < 40 and time.monotonic() < end:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        for thread in threads:
            thread.join(15)
    assert len(answered) >= 40
    with station(database) as (_, url), httpx.Client(base_url=url, timeout=10) as client:
        again = {n: post(client, draw(n, holes=n % 4), n).content for n in answered}
        assert client.get("/v1/cameras/cam-1").json()["last_sequence"] >= max(answered)
    assert again == answered
    if not database.url:
        assert database.asked("PRAGMA integrity_check") == [("ok",)]
    assert database.asked("SELECT count(*) FROM frames GROUP BY sequence HAVING count(*) > 1") == []
    crops = "SELECT frame, length(pictures) / 4096 FROM crops ORDER BY frame"
    assert database.asked(crops) == database.asked("SELECT frame, count(*) FROM defects GROUP BY frame ORDER BY frame")
