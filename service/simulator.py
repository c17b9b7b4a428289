"""A line camera that is not there: posts drawn frames to a station at the pace of a running web.

In:  pictures to send, an address, a speed.
Out: what became of every frame.

The pace is kept by the clock, never by the answers: a frame is complete when its last line has
passed, whether the one before was answered or not, and its time runs from that moment. So a slow
station shows in the figures (no coordinated omission).
"""

import itertools
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self
from urllib.parse import quote

import google_crc32c
import httpx
import numpy as np

from inspection.errors import InputError
from inspection.frame import Frame

_PATIENCE_S = 30.0
"""How long one frame is offered again before it counts as lost."""

_RECONNECT_S = 0.2
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


@dataclass(frozen=True)
class Picture:
    """One frame's bytes as they are sent, and their digest header."""

    body: bytes
    digest: str

    @classmethod
    def of(cls, frame: Frame) -> Self:
        """Pack an 8-bit frame as Mono8."""
        body = frame.pixels.tobytes()
        crc: int = google_crc32c.value(body)
        return cls(body, f"crc32c=:{b64encode(crc.to_bytes(4, 'big')).decode()}:")


@dataclass(frozen=True, eq=False)
class Feed:
    """What a camera sends.

    Attributes
    ----------
    camera, roll : str
    pictures : sequence of Picture
        Sent over and over; two or more, else the camera would look frozen.
    columns, rows : int
    mm_per_px : float
    speed_m_min : float
    """

    camera: str
    roll: str
    pictures: Sequence[Picture]
    columns: int
    rows: int
    mm_per_px: float
    speed_m_min: float

    @property
    def period_s(self) -> float:
        """Time in which the web runs on by one frame."""
        return self.rows * self.mm_per_px * 60 / (1000 * self.speed_m_min)


@dataclass
class Tally:
    """What became of the frames so far; added to by several threads.

    Attributes
    ----------
    sent, refused, lost, late : int
        Frames begun; answers that the station is busy; frames never answered 200; answers that took longer
        than one frame's time.
    verdicts : Counter of str
    ms : list of float
        From a frame's completion to its answer.
    problems : Counter of str
        Why frames were lost.
    """

    sent: int = 0
    refused: int = 0
    lost: int = 0
    late: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    ms: list[float] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def answered(self) -> int:
        """Frames answered 200."""
        return len(self.ms)

    def begin(self) -> None:
        """Count a frame as sent."""
        with self._lock:
            self.sent += 1

    def refuse(self) -> None:
        """Count an answer that the station is busy."""
        with self._lock:
            self.refused += 1

    def answer(self, verdict: str, ms: float, *, late: bool) -> None:
        """Count a frame's answer."""
        with self._lock:
            self.verdicts[verdict] += 1
            self.ms.append(ms)
            self.late += late

    def lose(self, problem: str) -> None:
        """Count a frame as lost."""
        with self._lock:
            self.lost += 1
            self.problems[problem] += 1

    def percentile_ms(self, percent: float) -> float | None:
        """Answer time that so many percent of the frames stayed within; None before the first answer."""
        return float(np.percentile(self.ms, percent)) if self.ms else None


class LineCamera:
    """Posts a feed's frames over some connections, one thread each.

    Parameters
    ----------
    feed : Feed
    clients : sequence of httpx.Client
        Connections to the station: so many frames are on their way at the same time. Closed in the end.
    clock : callable
        Seconds, monotonic.
    """

    def __init__(
        self, feed: Feed, clients: Sequence[httpx.Client], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.tally = Tally()
        self._feed, self._clients, self._clock = feed, clients, clock
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, frames: int | None) -> None:
        """Begin to send so many frames, or without end."""
        numbers = iter(_Numbers(frames))
        begun = self._clock()
        self._threads = [
            threading.Thread(target=self._send_all, args=(client, numbers, begun), daemon=True)
            for client in self._clients
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send no more; frames on their way are still waited for."""
        self._stop.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for all frames, at most so long; tell whether they are through."""
        until = self._clock() + timeout_s
        for thread in self._threads:
            thread.join(max(until - self._clock(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def _send_all(self, client: httpx.Client, numbers: Iterator[int], begun: float) -> None:
        with client:
            for sequence in numbers:
                complete = begun + (sequence + 1) * self._feed.period_s
                if self._stop.wait(max(complete - self._clock(), 0)):
                    return
                self.tally.begin()
                self._send(client, sequence, complete)

    def _send(self, client: httpx.Client, sequence: int, complete: float) -> None:
        """Offer one frame until it is answered, refused for good, or patience ends."""
        request = self._request(client, sequence)
        until = self._clock() + _PATIENCE_S
        while True:
            wait_s, problem = self._offer(client, request, complete)
            if wait_s is None:
                break
            if self._clock() + wait_s > until or self._stop.wait(wait_s):
                break
        if problem:
            self.tally.lose(problem)

    def _request(self, client: httpx.Client, sequence: int) -> httpx.Request:
        feed, picture = self._feed, self._feed.pictures[sequence % len(self._feed.pictures)]
        query: dict[str, str | int | float] = {
            "roll": feed.roll,
            "sequence": sequence,
            "width": feed.columns,
            "height": feed.rows,
            "pixel_format": "Mono8",
            "position_mm": round(sequence * feed.rows * feed.mm_per_px, 6),
            "captured_at": datetime.now(UTC).isoformat(),
        }
        headers = {"content-type": "application/octet-stream", "content-digest": picture.digest}
        path = f"/v1/cameras/{quote(feed.camera, safe='')}/frames"
        return client.build_request("POST", path, params=query, headers=headers, content=picture.body)

    def _offer(self, client: httpx.Client, request: httpx.Request, complete: float) -> tuple[float | None, str]:
        """Post once; return the seconds until the next try, if any, and what is wrong, if anything."""
        try:
            answer = client.send(request)
        except httpx.RequestError as error:
            return _RECONNECT_S, f"no connection: {error}"
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            self.tally.refuse()
            return _retry_after_s(answer), "the station stayed busy"
        if answer.status_code != httpx.codes.OK:
            return None, _problem(answer)
        ms = 1e3 * (self._clock() - complete)
        try:
            self.tally.answer(answer.json()["verdict"], ms, late=ms > 1e3 * self._feed.period_s)
        except (ValueError, KeyError, TypeError):
            return None, "200 without a verdict"
        return None, ""


class _Numbers:
    """Counts from 0, for several threads at once."""

    def __init__(self, frames: int | None) -> None:
        self._numbers = iter(range(frames)) if frames is not None else itertools.count()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._numbers)


def client_for(url: str, key: str | None = None) -> httpx.Client:
    """Connect to a station, past any proxy of the environment: cameras and stations share a network.

    Raises
    ------
    InputError
        No address that HTTP can be spoken to.
    """
    if httpx.URL(url).scheme not in ("http", "https") or not httpx.URL(url).host:
        raise InputError(f"expected an address like http://127.0.0.1:8000, got {url!r}: give the station's --url")
    limits = httpx.Limits(max_connections=1, keepalive_expiry=600)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT, limits=limits, trust_env=False)


def is_ready(url: str) -> bool:
    """Whether a station answers there and takes frames."""
    try:
        with client_for(url) as client:
            return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _retry_after_s(answer: httpx.Response) -> float:
    """Seconds that a busy station asks for: its own field is finer than the header."""
    try:
        return float(answer.json()["retry_after_ms"]) / 1e3
    except (ValueError, KeyError, TypeError):
        told = answer.headers.get("retry-after", "")
        return float(told) if told.isdigit() else 1.0


def _problem(answer: httpx.Response) -> str:
    try:
        told = answer.json()
        return f"{answer.status_code} {told['title']}: {told['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason_phrase}"
