"""A station in a process of its own, as a line would run it, and what the system tells of that process."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stations import station

_START_S = 180.0


@dataclass(frozen=True)
class Serving:
    """A running station.

    Attributes
    ----------
    port : int
    pid : int
    ready_s : float
        From the process's start until it took frames.
    """

    port: int
    pid: int
    ready_s: float

    def ask(self, path: str) -> tuple[int, bytes]:
        """Get something from it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """Sum of a metric over its labels."""
        lines = self.ask("/metrics")[1].decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.partition("{")[0].partition(" ")[0] == name)

    def rss_mib(self) -> float:
        """Memory in use by the station and its inspecting processes; what they share counts once for each."""
        return sum(_rss_kib(pid) for pid in _family(self.pid)) / 1024

    def private_mib(self) -> float:
        """Memory that is theirs alone, and their share of what they share."""
        return sum(_pss_kib(pid) for pid in _family(self.pid)) / 1024


@contextlib.contextmanager
def serving(cameras: Sequence[str], module: str = "service.cli", **settings: object) -> Iterator[Serving]:
    """Run a station whose cameras are calibrated for the graphite web; its folder goes with it.

    Parameters
    ----------
    cameras : sequence of str
    module : str
        Started as `python -m MODULE serve --port PORT --data DIR`.
    **settings
        Of the station, by their names.
    """
    calibration = station("graphite").calibration
    with tempfile.TemporaryDirectory() as folder:
        for camera in cameras:
            calibration.save(Path(folder) / "calibrations" / camera / "1.npz")
        with _process(module, folder, settings) as running:
            yield running


@contextlib.contextmanager
def serving_data(folder: str, **settings: object) -> Iterator[Serving]:
    """Run a station on a folder that is there already; settings as in `serving`."""
    with _process("service.cli", folder, settings) as running:
        yield running


@contextlib.contextmanager
def _process(module: str, folder: str, settings: dict[str, object]) -> Iterator[Serving]:
    port = free_port()
    command = [sys.executable, "-m", module, "serve", "--port", str(port), "--data", folder]
    # An empty address: what is drawn here never gets among a plant's records.
    told = {"COATSIGHT_STORE_URL": ""} | {f"COATSIGHT_{name.upper()}": str(value) for name, value in settings.items()}
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | told)
    try:
        _wait_ready(port, process)
        yield Serving(port, process.pid, time.monotonic() - begun)
    finally:
        process.terminate()
        process.wait(timeout=60)


def free_port() -> int:
    """Return a port that nobody listens at just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.02)
    raise RuntimeError("expected the station to become ready, it did not: run `coatsight serve` to see why")


def _family(pid: int) -> list[int]:
    """A process and all that it started; each thread has children of its own."""
    started = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [pid, *(each for child in started for each in _family(child))]


def _rss_kib(pid: int) -> int:
    return _told_kib(Path(f"/proc/{pid}/status"), "VmRSS:")


def _pss_kib(pid: int) -> int:
    return _told_kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def _told_kib(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name))
