"""Web that was not inspected is counted once, by camera and cause, in metres where its length is known."""

from pathlib import Path

import httpx
from fakes import draw, post, running

from service.lost_web import LostWeb
from service.metrics import Metrics
from service.store.entries import FrameKey


def told(metrics: Metrics) -> list[str]:
    names = "coatsight_not_inspected_frames_total{", "coatsight_lost_metres_total{"
    return [line for line in metrics.text().decode().splitlines() if line.startswith(names)]


def test_a_frame_is_lost_once_however_often_it_is_refused() -> None:
    metrics = Metrics()
    lost = LostWeb(metrics)
    lost.learn("cam-1", 0.05)
    for _ in range(5):
        lost.count(FrameKey("cam-1", "R1", 7), "queue-full")
    lost.count(FrameKey("cam-1", "R2", 7), "queue-full")
    assert told(metrics) == [
        'coatsight_not_inspected_frames_total{camera="cam-1",cause="queue-full"} 2.0',
        'coatsight_lost_metres_total{camera="cam-1",cause="queue-full"} 0.1',
    ]


def test_before_its_first_answer_a_cameras_frames_are_counted_without_a_length() -> None:
    metrics = Metrics()
    LostWeb(metrics).count(FrameKey("cam-1", "R1", 0), "corrupt-frame")
    assert told(metrics) == [
        'coatsight_not_inspected_frames_total{camera="cam-1",cause="corrupt-frame"} 1.0',
        'coatsight_lost_metres_total{camera="cam-1",cause="corrupt-frame"} 0.0',
    ]


def metric(client: httpx.Client, name: str) -> float:
    (line,) = [line for line in client.get("/metrics").text.splitlines() if line.startswith(f"coatsight_{name}{{")]
    return float(line.rsplit(" ", 1)[1])


def test_a_station_counts_refusals_each_time_and_lost_web_once(tmp_path: Path) -> None:
    with running(tmp_path, deadline_ms=30_000, default_mm_per_px=0.1) as client:
        post(client, draw(1), 0)
        for _ in range(3):
            assert post(client, draw(2), 1, width=99).status_code == 422
        assert metric(client, "refusals_total") == 3
        assert metric(client, "not_inspected_frames_total") == 1
        assert metric(client, "lost_metres_total") == 256 * 0.1 / 1e3
