"""A small camera for drills: posts drawn frames, asks what became of them."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import httpx
import numpy as np

COLUMNS, ROWS = 512, 256
TIMEOUT_S: Final = 30.0
PATIENCE_S = 20.0
"""For what comes true soon after an answer."""


@cache
def drawn(seed: int) -> bytes:
    """Draw one lane between two rims of foil with a bare spot, as Mono8."""
    generator = np.random.default_rng(seed)
    grey = np.full((ROWS, COLUMNS), 60.0)
    grey[:, :100] = grey[:, -100:] = 150.0
    row, column = int(generator.integers(40, ROWS - 60)), int(generator.integers(140, COLUMNS - 160))
    grey[row : row + 12, column : column + 12] = 150.0
    return (grey + generator.normal(0, 3, grey.shape)).clip(0, 255).astype(np.uint8).tobytes()


def fresh_name(what: str) -> str:
    """Return a name that no drill used before."""
    return f"drill-{what}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"


class Camera:
    """One camera on one roll.

    Parameters
    ----------
    client : httpx.Client
    name : str
        What it calls itself.
    roll : str
    """

    def __init__(self, client: httpx.Client, name: str, roll: str) -> None:
        self._client, self.name, self.roll = client, name, roll
        self.path = f"/v1/cameras/{name}/frames"

    def post(self, sequence: int, seed: int | None = None, **more: Any) -> httpx.Response:
        """Post a frame; the pixels follow from the seed, else from the sequence."""
        query: dict[str, Any] = {
            "roll": self.roll,
            "sequence": sequence,
            "width": COLUMNS,
            "height": ROWS,
            "pixel_format": "Mono8",
        }
        body = drawn(sequence if seed is None else seed)
        headers = {"Content-Type": "application/octet-stream"}
        return self._client.post(self.path, params=query | more, content=body, headers=headers)

    def state(self) -> dict[str, Any]:
        """Ask the station for the camera's state."""
        told: dict[str, Any] = self._client.get(f"/v1/cameras/{self.name}").raise_for_status().json()
        return told

    def not_inspected(self) -> Counter[str]:
        """Count the frames of the roll that were not inspected, by cause."""
        told = self._client.get(f"/v1/rolls/{self.roll}/not-inspected").raise_for_status().json()
        stretches = [stretch for camera in told["cameras"] for stretch in camera["stretches"]]
        return sum((Counter(stretch["causes"]) for stretch in stretches), Counter())

    def remembers(self, cause: str, count: int) -> bool:
        """Tell whether so many frames come to be remembered; refusals are written without being waited for."""
        return _comes_true(lambda: self.not_inspected()[cause] == count)

    def is_idle(self) -> bool:
        """Tell whether nothing of the camera stays under way."""
        return _comes_true(lambda: self.state()["under_way"] == 0)


def lost(client: httpx.Client, answers: Iterable[bytes]) -> int:
    """Count the answers that the station does not repeat byte for byte."""
    return sum(_asked_again(client, answer) != answer for answer in answers)


def _asked_again(client: httpx.Client, answer: bytes) -> bytes:
    identity = httpx.Response(200, content=answer).json()["frame_id"]
    return client.get(f"/v1/frames/{identity}").content


def refusals(client: httpx.Client, cause: str) -> int:
    """Read the station's counter of a kind of refusal, of all cameras."""
    lines = client.get("/metrics").text.splitlines()
    told = [line for line in lines if line.startswith("coatsight_refusals_total{") and f'cause="{cause}"' in line]
    return sum(int(float(line.split()[-1])) for line in told)


@contextlib.contextmanager
def client_of(url: str) -> Iterator[httpx.Client]:
    """Open a client that waits long enough for a busy machine."""
    with httpx.Client(base_url=url, timeout=TIMEOUT_S) as client:
        yield client


def _comes_true(question: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
