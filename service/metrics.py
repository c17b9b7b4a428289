"""Metrics for Prometheus: what was answered, refused and lost, how long each stage took, how cameras are doing.

Camera ids come from outside, so only the first `MOST_CAMERAS` get a label of their own; further ones are
counted together as `other`. Every name is told in `monitoring/README.md`, which a test compares.
"""

import platform
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from inspection.record import FrameRecord
from inspection.roll.alarms import AlarmCause

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series beside each, that nobody reads

MOST_CAMERAS: Final = 64
OTHER: Final = "other"
"""Label of cameras beyond the first ones."""

NO_CAMERA: Final = "none"
"""Label of what concerns no camera, or none that was let in."""

_BOUNDS_S: Final = (
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.1, 0.2, 0.5, 1.0,
)  # fmt: skip
"""Close together where the bars are: 30, 40 and 100 ms."""


_REFUSAL_BOUNDS_S: Final = (0.0002, 0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1)


class Metrics:
    """One station's counters, in a registry of their own; may be used from any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._cameras: dict[str, None] = {}
        self._in_use: dict[str, FrameRecord] = {}
        self._children: dict[tuple[Any, ...], Any] = {}
        self._frames = self._counter("frames", "Frames answered.", "camera", "verdict")
        self._repeated = self._counter("frames_repeated", "Frames sent again and answered from the store.", "camera")
        self._refused = self._counter("refusals", "Requests refused, by kind of problem.", "camera", "cause")
        self._lost = self._counter("not_inspected_frames", "Frames not inspected, each once.", "camera", "cause")
        self._lost_m = self._counter(
            "lost_metres", "Web not inspected in metres, where a frame's length is known.", "camera", "cause"
        )
        self._roll_alarms = self._counter("roll_alarms", "Alarms of running rolls, each thing once.", "cause")
        for cause in AlarmCause:
            self._child(self._roll_alarms, cause.value)  # a cause that never was is 0, not missing
        self._behind = self._counter(
            "roll_watch_behind", "Frames whose share of a roll's alarms had to be read from the store again."
        )
        self._shadow = self._counter(
            "shadow_candidates",
            "Candidates that a shadow named the same or otherwise, failed to name, or skipped to delay nothing.",
            "outcome",
        )
        self._stages = Histogram(
            "coatsight_stage_seconds",
            "Time from a frame's arrival to its answer, by stage; total starts when its headers are read.",
            ["camera", "stage"],
            buckets=_BOUNDS_S,
            registry=self._registry,
        )
        self._refusals = Histogram(
            "coatsight_refusal_seconds",
            "Time from a request's headers to its refusal for being busy (503).",
            buckets=_REFUSAL_BOUNDS_S,
            registry=self._registry,
        )
        self._health = self._gauge(
            "input_health", "A camera's latest input against its calibration.", "camera", "measure"
        )
        self._alarm = self._gauge("input_alarm", "1 while a camera's input is beyond its limit.", "camera", "measure")
        build = Info("coatsight_build", "What runs here.", registry=self._registry)
        build.info({"version": version("coatsight"), "python": platform.python_version()})
        self._registry.register(_Asked(self._told_in_use))
        ProcessCollector(registry=self._registry)

    @property
    def cameras(self) -> list[str]:
        """Cameras that have a label of their own."""
        return list(self._cameras.copy())

    def camera_label(self, camera_id: str) -> str:
        """Return the camera's own label while there are free ones, else `OTHER`."""
        if camera_id not in self._cameras:
            if len(self._cameras) >= MOST_CAMERAS:
                return OTHER
            self._cameras[camera_id] = None
        return camera_id

    def answered(self, camera_id: str, record: FrameRecord, stages_ms: Mapping[str, float]) -> None:
        """Count an answered frame."""
        camera = self.camera_label(camera_id)
        self._child(self._frames, camera, record.verdict.value).inc()
        for stage, ms in stages_ms.items():
            self._child(self._stages, camera, stage).observe(ms / 1e3)
        self._in_use[camera] = record

    def took(self, camera_id: str, total_ms: float) -> None:
        """Observe how long an answer took from its headers on."""
        self._child(self._stages, self.camera_label(camera_id), "total").observe(total_ms / 1e3)

    def repeated(self, camera_id: str) -> None:
        """Count a frame that was answered from the store."""
        self._child(self._repeated, self.camera_label(camera_id)).inc()

    def refused(self, cause: str, camera_id: str | None = None) -> None:
        """Count a refused request; None where it is about no camera that was let in."""
        camera = NO_CAMERA if camera_id is None else self.camera_label(camera_id)
        self._child(self._refused, camera, cause).inc()

    def refused_in(self, seconds: float) -> None:
        """Observe how long it took to say no to a request."""
        self._refusals.observe(seconds)

    def not_inspected(self, camera_id: str, cause: str, metres: float | None) -> None:
        """Count a frame that was lost, and its length on the roll where that is known."""
        camera = self.camera_label(camera_id)
        self._child(self._lost, camera, cause).inc()
        self._child(self._lost_m, camera, cause).inc(metres or 0)

    def input_health(self, camera_id: str, measures: Mapping[str, float], alarms: Mapping[str, bool]) -> None:
        """Show a camera's latest input and its alarms."""
        camera = self.camera_label(camera_id)
        for measure, value in measures.items():
            self._child(self._health, camera, measure).set(value)
        for measure, raised in alarms.items():
            self._child(self._alarm, camera, measure).set(raised)

    def roll_alarm(self, cause: str) -> None:
        """Count an alarm of a running roll; called from any thread."""
        self._child(self._roll_alarms, cause).inc()

    def roll_watch_behind(self) -> None:
        """Count a frame that the watch of rolls had to leave to the store."""
        self._behind.inc()

    def shadowed(self, outcome: str, candidates: int) -> None:
        """Count candidates that were given to a shadow; called from any thread."""
        self._child(self._shadow, outcome).inc(candidates)

    def watch(self, name: str, told: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for at each scrape."""
        Gauge(f"coatsight_{name}", told, registry=self._registry).set_function(value)

    def watch_cameras(self, name: str, told: str, value: Callable[[str], float]) -> None:
        """Show a value of each camera that is asked for at each scrape."""

        def family() -> Metric:
            gauge = GaugeMetricFamily(f"coatsight_{name}", told, labels=["camera"])
            for camera in self.cameras:
                gauge.add_metric([camera], value(camera))
            return gauge

        self._registry.register(_Asked(family))

    def text(self) -> bytes:
        """Write all of them in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"coatsight_{name}", told, labels, registry=self._registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"coatsight_{name}", told, labels, registry=self._registry)

    def _child(self, metric: Any, *labels: str) -> Any:
        """The metric of these labels; asking prometheus_client for it each time costs more than counting."""
        key = (metric, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*labels)
        return child

    def _told_in_use(self) -> Metric:
        family = InfoMetricFamily("coatsight_in_use", "What a camera's latest frame was judged by.", labels=["camera"])
        for camera, record in self._in_use.copy().items():
            family.add_metric([camera], _refs(record))
        return family


class _Asked(Collector):
    """A metric that is made anew at each scrape, so that what is no longer true disappears."""

    def __init__(self, family: Callable[[], Metric]) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family()


def _refs(record: FrameRecord) -> dict[str, str]:
    return {
        "model": record.model.name,
        "model_version": record.model.version,
        "model_sha256": record.model.sha256[:12],
        "recipe": record.recipe.name,
        "recipe_version": str(record.recipe.version),
        "calibration_version": str(record.calibration.version) if record.calibration else "none",
    }
