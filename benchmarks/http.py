"""A line camera at full rate against a real station: durable answers over HTTP.

The camera keeps its schedule whatever the station does, and each latency counts from the moment
the frame was due, so that a slow answer cannot hide the ones behind it.
"""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.answers import Row
from benchmarks.stations import Station, station
from inspection.synthetic.plan import clean, exactly

_CAMERA, _ROLL = "bench", "R1"
_P50_BAR_MS, _P99_BAR_MS = 11.0, 25.0
_CLEAN, _ONE, _TWENTY = 95, 4, 1
_START_S = 180.0


@dataclass
class _Tally:
    """What the camera saw."""

    latencies_ms: list[float] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)


def http_load(seconds: float, frames_per_s: float, connections: int) -> list[Row]:
    """Post 4 MiB frames on schedule, then ask the station what it kept."""
    here = station("graphite")
    pool = _pool(here)
    with tempfile.TemporaryDirectory() as folder:
        here.calibration.save(Path(folder) / "calibrations" / _CAMERA / "1.npz")
        with _running(Path(folder)) as port:
            _send(port, pool[:10], 10 / frames_per_s, frames_per_s, connections=connections, roll="warm-up")
            tally = _send(port, pool, seconds, frames_per_s, connections=connections, roll=_ROLL)
            lost = sum(not _kept(port, answer) for answer in track(tally.answers, "asking back"))
    return _rows(tally, lost, seconds, frames_per_s)


def _rows(tally: _Tally, lost: int, seconds: float, frames_per_s: float) -> list[Row]:
    ms = np.array(tally.latencies_ms)
    p50, p95, p99 = (float(value) for value in np.quantile(ms, (0.5, 0.95, 0.99)))
    sent = len(tally.answers) + len(tally.refused)
    what = f"HTTP, 4 MiB raw, durable, {frames_per_s:g} frames/s for {seconds:g} s"
    slow = f"{p99:.1f} ms (p95 {p95:.1f}, longest {ms.max():.1f})"
    refused = f"{len(tally.refused)} of {sent} {tally.refused[:2] or ''}"
    return [
        Row(f"{what}: p50", f"{p50:.1f} ms (n {len(ms)})", f"<= {_P50_BAR_MS:g} ms", p50 <= _P50_BAR_MS),
        Row(f"{what}: p99", slow, f"<= {_P99_BAR_MS:g} ms", p99 <= _P99_BAR_MS),
        Row(f"{what}: refused or lost", refused, "0", not tally.refused),
        Row("answers that the station does not repeat byte for byte, each asked back", str(lost), "0", lost == 0),
    ]


def _pool(here: Station) -> list[NDArray[np.uint8]]:
    """Draw a hundred frames: 95 clean, 4 with one defect, 1 with twenty, in a fixed shuffled order."""
    drawn = []
    for seed, plan, count in ((11, clean(), _CLEAN), (12, exactly(1), _ONE), (13, exactly(20), _TWENTY)):
        web = here.web(seed, plan)
        drawn += [web.frame(index).frame.pixels for index in track(range(count), "drawing frames")]
    order = np.random.default_rng(1).permutation(len(drawn))
    return [drawn[n] for n in order]


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[int]:
    """Keep a station running in its own process, ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "service.cli", "serve", "--port", str(port), "--data", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
    try:
        _wait_ready(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError("expected the station to become ready, it did not: run `coatsight serve` to see why")


def _send(
    port: int,
    pool: Sequence[NDArray[np.uint8]],
    seconds: float,
    frames_per_s: float,
    *,
    connections: int,
    roll: str,
) -> _Tally:
    """Post frames in turn over several connections, each at its due time."""
    tally, lock = _Tally(), threading.Lock()
    count, begun = int(seconds * frames_per_s), time.perf_counter() + 0.2

    def camera(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(first, count, connections):
            due = begun + number / frames_per_s
            time.sleep(max(due - time.perf_counter(), 0))
            status, answer = _post(connection, pool[number % len(pool)], roll, number)
            with lock:
                tally.latencies_ms.append(1e3 * (time.perf_counter() - due))
                (tally.answers if status == 200 else tally.refused).append(answer)

    threads = [threading.Thread(target=camera, args=(first,)) for first in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def _post(
    connection: http.client.HTTPConnection, pixels: NDArray[np.uint8], roll: str, number: int
) -> tuple[int, bytes]:
    rows, columns = pixels.shape
    path = f"/v1/cameras/{_CAMERA}/frames?roll={roll}&sequence={number}"
    path += f"&width={columns}&height={rows}&pixel_format=Mono8"
    told = {"Content-Type": "application/octet-stream", "Content-Length": str(pixels.nbytes)}
    connection.request("POST", path, body=pixels.data, headers=told)
    response = connection.getresponse()
    return response.status, response.read()


def _kept(port: int, answer: bytes) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"/v1/frames/{json.loads(answer)['frame_id']}")
    response = connection.getresponse()
    return response.status == 200 and response.read() == answer
