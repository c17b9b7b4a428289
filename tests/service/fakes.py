"""A classifier without a network, frames drawn by NumPy, and a station in a thread."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from inspection.candidates import CHANNELS, FEATURES
from inspection.classification import Classifier
from inspection.onnx_model import Card
from service.app import StartInspectors, create_app
from service.bodies import Body
from service.server import server_for
from service.settings import Settings
from service.warm_up import warm_up
from service.workbench import Done, Task, Workbench

COLUMNS, ROWS = 512, 256


class SureOfPinholes:
    """A network that calls everything a pinhole."""

    def probabilities(self, crops: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.tile(np.array([0.95, 0.05], np.float32), (len(crops), 1))


def fake_classifier(sha256: str) -> Classifier:
    card = Card("fake", "1", sha256, "fp32", ("pinhole", "stain"), CHANNELS, FEATURES, 0.5)
    return Classifier(SureOfPinholes(), card)


def draw(seed: int, *, columns: int = COLUMNS, rows: int = ROWS, holes: int = 0) -> NDArray[np.uint8]:
    """One dark lane between two bright rims of foil, with noise, and a few bright dots."""
    generator = np.random.default_rng(seed)
    grey = np.full((rows, columns), 60.0)
    grey[:, :100] = grey[:, -100:] = 150.0
    for row, column in generator.integers((20, 140), (rows - 20, columns - 140), (holes, 2)):
        grey[row : row + 6, column : column + 6] = 150.0
    return (grey + generator.normal(0, 3, grey.shape)).clip(0, 255).astype(np.uint8)


def shape_of(pixels: NDArray[Any], pixel_format: str = "Mono8") -> dict[str, str | int]:
    return {"width": pixels.shape[1], "height": pixels.shape[0], "pixel_format": pixel_format}


class InspectorsHere:
    """Inspects in threads of this process: starts at once, and does what an inspecting process does."""

    alive = 1

    def __init__(self, settings: Settings, classifier: Classifier) -> None:
        self.model, self.places = classifier.ref, settings.workers
        self._bench = Workbench(settings.data_dir, classifier, time.perf_counter)
        self._pool = ThreadPoolExecutor(settings.workers)

    async def inspect(self, task: Task, body: Body) -> Done:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._bench.inspect, task, body.pixels)

    async def close(self) -> None:
        self._pool.shutdown()


def inspectors_here(model_sha256: str) -> StartInspectors:
    async def start(settings: Settings) -> InspectorsHere:
        classifier = fake_classifier(model_sha256)
        warm_up(settings, classifier)
        return InspectorsHere(settings, classifier)

    return start


@contextmanager
def running(data_dir: Path, model_sha256: str = "f" * 64, **settings: Any) -> Iterator[httpx.Client]:
    """A real server on a free port, and a client for it; patient unless told otherwise: many tests run at once."""
    app = create_app(
        Settings(data_dir=data_dir, **{"deadline_ms": 30_000, "wanted_ms": 30_000} | settings),
        inspectors_here(model_sha256),
    )
    server = server_for(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(15)


def post(client: httpx.Client, pixels: NDArray[np.uint8], sequence: int, **more: Any) -> httpx.Response:
    query = {"roll": "R1", "sequence": sequence, **shape_of(pixels), **more}
    headers = {"Content-Type": "application/octet-stream"}
    return client.post("/v1/cameras/cam-1/frames", params=query, content=pixels.tobytes(), headers=headers)
