"""Hundreds of clients that send a byte now and then, to take all connections (slow loris)."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from service.drills.camera import COLUMNS, ROWS, Camera, client_of, fresh_name
from service.drills.ground import own_station, running_station
from service.drills.report import Options, Report, faults
from service.errors import Busy

_CLIENTS = 300
_TIMEOUTS = {"COATSIGHT_HEAD_TIMEOUT_S": "3", "COATSIGHT_BODY_TIMEOUT_S": "3"}
"""Of the drill's own station: ten seconds are the default, and as good."""

_LONGEST_S = 30.0
_BYTE_EVERY_S = 0.25
_MOST_GROWTH_MIB = 64
_OTHER_ADDRESS = "127.0.0.2"


class _Loris:
    """One slow client; half of them dribble their head, half a frame's body."""

    def __init__(self, url: str, number: int) -> None:
        where = urlsplit(url)
        self._connection = _connected(where.hostname or "", where.port or 80)
        self._connection.setblocking(False)
        self.closed = False
        if number % 2:
            query = f"roll=loris&sequence=0&width={COLUMNS}&height={ROWS}&pixel_format=Mono8"
            head = f"POST /v1/cameras/loris-{number}/frames?{query} HTTP/1.1\r\nHost: x\r\n"
            head += f"Content-Type: application/octet-stream\r\nContent-Length: {COLUMNS * ROWS}\r\n\r\n"
            self._connection.sendall(head.encode())

    def dribble(self) -> None:
        """Send one byte, and see whether the station has had enough."""
        if self.closed:
            return
        try:
            self._connection.send(b"x")
            self.closed = self._connection.recv(4096) == b""
        except BlockingIOError:
            return
        except OSError:
            self.closed = True

    def close(self) -> None:
        """Go away."""
        self._connection.close()


def _connected(host: str, port: int) -> socket.socket:
    """Connect from another address than the healthy camera's, where the station is on this machine."""
    source = (_OTHER_ADDRESS, 0) if host in ("127.0.0.1", "localhost") else None
    try:
        return socket.create_connection((host, port), timeout=10, source_address=source)
    except OSError as problem:
        raise Busy(f"expected a connection to {host}:{port}, got none: {problem}") from problem


def run(options: Options) -> Report:
    """Let slow clients hang on until each was closed, while a healthy camera goes on."""
    if options.url:
        with running_station(options) as url:
            return _drilled(url, options.times or _CLIENTS, 0)
    with own_station(options, _TIMEOUTS) as station:
        station.start()
        return _drilled(station.url, options.times or _CLIENTS, station.pid)


def _drilled(url: str, clients: int, pid: int) -> Report:
    with client_of(url) as client, _lorises(url, clients) as slow:
        camera = Camera(client, "drill-cam", fresh_name("loris"))
        camera.post(0)
        before_mib, begun = _resident_mib(pid), time.monotonic()
        statuses, waits_ms = _go_on(camera, slow, begun)
        took_s, growth_mib = time.monotonic() - begun, _resident_mib(pid) - before_mib
        left = sum(not one.closed for one in slow)
    waits_ms.sort()
    return Report(
        f"{clients} clients sent a byte every {_BYTE_EVERY_S:g} s while a healthy camera sent {len(statuses)} frames",
        f"{clients - left} slow clients were closed within {took_s:.1f} s; the camera waited {waits_ms[-1]:.0f} ms "
        f"at most and {waits_ms[len(waits_ms) // 2]:.0f} ms usually; "
        + (f"memory grew by {growth_mib:.0f} MiB" if pid else "memory was not watched: the station is not the drill's"),
        faults(
            slow_clients_were_never_closed=left > 0,
            the_healthy_camera_was_not_always_answered_200=set(statuses) != {200},
            memory_grew=growth_mib > _MOST_GROWTH_MIB,
        ),
    )


def _go_on(camera: Camera, slow: list[_Loris], begun: float) -> tuple[list[int], list[float]]:
    statuses: list[int] = []
    waits_ms: list[float] = []
    while not statuses or (any(not one.closed for one in slow) and time.monotonic() < begun + _LONGEST_S):
        sent = time.monotonic()
        statuses.append(_status(camera, len(statuses) + 1))
        waits_ms.append(1e3 * (time.monotonic() - sent))
        for one in slow:
            one.dribble()
        time.sleep(max(_BYTE_EVERY_S - (time.monotonic() - sent), 0))
    return statuses, waits_ms


def _status(camera: Camera, sequence: int) -> int:
    try:
        return camera.post(sequence).status_code
    except httpx.HTTPError:
        return 0


@contextlib.contextmanager
def _lorises(url: str, clients: int) -> Iterator[list[_Loris]]:
    with contextlib.ExitStack() as opened:
        slow = []
        for number in range(clients):
            slow.append(_Loris(url, number))
            opened.callback(slow[-1].close)
        yield slow


def _resident_mib(pid: int) -> float:
    if not pid:
        return 0.0
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024
