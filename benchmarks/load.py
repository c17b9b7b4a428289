"""Cameras that post frames over plain sockets, at their own pace or as fast as they are answered.

At a pace, each frame leaves when it is due whatever became of the one before, and its time runs from that
moment: a slow answer cannot hide the ones behind it (no coordinated omission).
"""

import contextlib
import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.stations import station
from inspection.synthetic.plan import clean, exactly

Pictures = Sequence[NDArray[np.uint8]]

_TIMEOUT_S = 60.0
_RETRY_S = 0.02


@dataclass(frozen=True)
class Load:
    """What is asked of a station.

    Attributes
    ----------
    cameras : tuple of str
    seconds : float
    frames_per_s : float or None
        Of each camera; None: as fast as it is answered.
    connections : int
        Of each camera: so many of its frames can be on their way at the same time.
    roll : str
    asks_first : bool
        Whether a body waits until it is asked for (`Expect: 100-continue`).
    sends_again : bool
        Whether what was refused with 503 is sent until it is taken.
    route : str
        Last part of the address.
    most : int or None
        Frames of each camera, if they shall end before the seconds do.
    """

    cameras: tuple[str, ...]
    seconds: float
    frames_per_s: float | None = None
    connections: int = 2
    roll: str = "R1"
    asks_first: bool = False
    sends_again: bool = False
    route: str = "frames"
    most: int | None = None


@dataclass
class Tally:
    """What the cameras saw.

    Attributes
    ----------
    ms : list of float
        From a frame's due moment to its answer, of those answered 200.
    answers : dict of (camera, sequence) to bytes
        Kept where they are asked back.
    refused : Counter
        Answers other than 200, by status; 0 for those that never came.
    problems : list of str
        The first few bodies of those.
    lost : int
        Frames that were never answered 200.
    elapsed_s : float
    """

    ms: list[float] = field(default_factory=list)
    by_camera: dict[str, list[float]] = field(default_factory=dict)
    answers: dict[tuple[str, int], bytes] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    elapsed_s: float = 0.0

    @property
    def per_s(self) -> float:
        """Frames answered 200 a second."""
        return len(self.ms) / self.elapsed_s

    def quantile_ms(self, share: float, camera: str | None = None) -> float:
        """Time that so large a share of the answers stayed within."""
        return float(np.quantile(self.ms if camera is None else self.by_camera[camera], share))


def pictures() -> Pictures:
    """Draw a hundred 4 MiB frames: 95 clean, 4 with one defect, 1 with twenty, in a fixed shuffled order."""
    drawn, here = [], station("graphite")
    for seed, plan, count in ((11, clean(), 95), (12, exactly(1), 4), (13, exactly(20), 1)):
        web = here.web(seed, plan)
        drawn += [web.frame(index).frame.pixels for index in track(range(count), "drawing frames", transient=True)]
    order = np.random.default_rng(1).permutation(len(drawn))
    return [np.asarray(drawn[n], np.uint8) for n in order]


def send(port: int, frames: Pictures, load: Load, *, keep_answers: bool = False) -> Tally:
    """Post frames from every camera over all its connections, and tell what became of them."""
    tally, lock = Tally(), threading.Lock()
    begun = time.perf_counter() + 0.2
    cameras = [_Camera(port, frames, load, (name, first), begun) for first, name in enumerate(load.cameras)]
    lines = [camera for camera in cameras for _ in range(load.connections)]
    threads = [threading.Thread(target=camera.run, args=(tally, lock, keep_answers)) for camera in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.elapsed_s = time.perf_counter() - begun
    return tally


class _Camera:
    """One camera; each of its connections runs in a thread of its own."""

    def __init__(self, port: int, frames: Pictures, load: Load, identity: tuple[str, int], begun: float) -> None:
        self._port, self._frames, self._load, self._begun = port, frames, load, begun
        self._name, self._first = identity
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def run(self, tally: Tally, lock: threading.Lock, keep_answers: bool) -> None:
        with contextlib.closing(_Connection(self._port)) as connection:
            for number, due in self._due():
                time.sleep(max(due - time.perf_counter(), 0))
                status, answer, tries = self._offer(connection, number)
                ms = 1e3 * (time.perf_counter() - due)
                with lock:
                    self._count(tally, (number, status, ms), answer, tries, keep_answers)

    def _due(self) -> Iterator[tuple[int, float]]:
        """Numbers and the moments when they leave, shared by this camera's connections."""
        load = self._load
        while True:
            with self._lock:
                number = next(self._numbers)
            now = time.perf_counter()
            due = max(now, self._begun) if load.frames_per_s is None else self._begun + number / load.frames_per_s
            if due >= self._begun + load.seconds or (load.most is not None and number >= load.most):
                return
            yield number, due

    def _offer(self, connection: "_Connection", number: int) -> tuple[int, bytes, Counter[int]]:
        tries: Counter[int] = Counter()
        pixels = self._frames[(number * 7 + self._first * 13) % len(self._frames)]
        while True:
            try:
                status, answer = connection.post(self._head(number, pixels), pixels, asks_first=self._load.asks_first)
            except OSError as problem:
                connection.close()
                return 0, str(problem).encode(), tries
            if status == 200:
                return status, answer, tries
            tries[status] += 1
            if not (self._load.sends_again and status == 503):
                return status, answer, tries
            time.sleep(_RETRY_S)

    def _head(self, number: int, pixels: NDArray[np.uint8]) -> bytes:
        rows, columns = pixels.shape
        query = f"roll={self._load.roll}&sequence={number}&width={columns}&height={rows}&pixel_format=Mono8"
        expecting = "Expect: 100-continue\r\n" if self._load.asks_first else ""
        return (
            f"POST /v1/cameras/{self._name}/{self._load.route}?{query} HTTP/1.1\r\nHost: station\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {pixels.nbytes}\r\n{expecting}\r\n"
        ).encode()

    def _count(
        self, tally: Tally, told: tuple[int, int, float], answer: bytes, tries: Counter[int], keep: bool
    ) -> None:
        number, status, ms = told
        tally.refused += tries
        if status != 200:
            tally.refused[0] += not status
            tally.lost += 1
            tally.problems += [f"{status} {answer[:200]!r}"][: 5 - len(tally.problems)]
            return
        tally.ms.append(ms)
        tally.by_camera.setdefault(self._name, []).append(ms)
        if keep:
            tally.answers[self._name, number] = answer


class _Connection:
    """A connection to the station, made again when it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        self._socket = None

    def post(self, head: bytes, pixels: NDArray[np.uint8], *, asks_first: bool) -> tuple[int, bytes]:
        to_station = self._socket or self._connected()
        to_station.sendall(head)
        if asks_first:
            status, answer, closes = _answer(to_station)
            if status != 100:
                self._close_if(closes)
                return status, answer
        to_station.sendall(pixels.data)
        status, answer, closes = _answer(to_station)
        self._close_if(closes)
        return status, answer

    def _connected(self) -> socket.socket:
        self._socket = socket.create_connection(("127.0.0.1", self._port), _TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _close_if(self, closes: bool) -> None:
        if closes:
            self.close()


def _answer(of: socket.socket) -> tuple[int, bytes, bool]:
    """Read one answer: its status, its body, and whether the connection ends with it."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _some(of)
    head, _, body = got.partition(b"\r\n\r\n")
    fields = head.lower()
    if b"content-length:" in fields:
        size = int(fields.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < size:
            body += _some(of)
    return int(head.split(b" ", 2)[1]), body, b"connection: close" in fields


def _some(of: socket.socket) -> bytes:
    if not (piece := of.recv(1 << 16)):
        raise ConnectionError("expected an answer, the station closed the connection")
    return piece
