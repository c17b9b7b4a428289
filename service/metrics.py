"""Metrics for Prometheus: what was answered, what was refused, how long each stage took."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BOUNDS_S = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024)


class Metrics:
    """One station's counters, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._frames = Counter("coatsight_frames", "Frames answered, by verdict.", ["verdict"], registry=self._registry)
        self._repeated = Counter(
            "coatsight_frames_repeated",
            "Frames sent again and answered from the store.",
            registry=self._registry,
        )
        self._refused = Counter(
            "coatsight_refusals",
            "Requests refused, by kind of problem.",
            ["problem"],
            registry=self._registry,
        )
        self._shadow = Counter(
            "coatsight_shadow_candidates",
            "Candidates that a shadow named the same or otherwise, failed to name, or skipped to delay nothing.",
            ["outcome"],
            registry=self._registry,
        )
        self._stages = Histogram(
            "coatsight_stage_seconds",
            "Time from a frame's arrival to its answer, by stage.",
            ["stage"],
            buckets=_BOUNDS_S,
            registry=self._registry,
        )

    def answered(self, verdict: str, stages_ms: Mapping[str, float]) -> None:
        """Count an answered frame."""
        self._frames.labels(verdict).inc()
        for stage, ms in stages_ms.items():
            self._stages.labels(stage).observe(ms / 1e3)

    def repeated(self) -> None:
        """Count a frame that was answered from the store."""
        self._repeated.inc()

    def refused(self, problem: str) -> None:
        """Count a refused request."""
        self._refused.labels(problem).inc()

    def shadowed(self, outcome: str, candidates: int) -> None:
        """Count candidates that were given to a shadow; called from any thread."""
        self._shadow.labels(outcome).inc(candidates)

    def watch(self, name: str, told: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for at each scrape."""
        Gauge(f"coatsight_{name}", told, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Write all of them in Prometheus' text format."""
        return generate_latest(self._registry)
