"""A minute of one camera's input while it is being gathered."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite

from inspection.input_health import MEASURES
from service.store.camera_health import HealthMinute, Range
from service.store.entries import stamp


class OpenMinute:
    """Gathers samples.

    Parameters
    ----------
    camera_id : str
    calibration_version : int
    begun_at : datetime
        Moment of the first sample; says which minute of the clock this is.
    """

    def __init__(self, camera_id: str, calibration_version: int, begun_at: datetime) -> None:
        self.camera_id, self.calibration_version, self._begun_at = camera_id, calibration_version, begun_at
        self._samples = 0
        self._values: dict[str, list[float]] = {name: [] for name in MEASURES}

    def is_over(self, now: datetime) -> bool:
        """Tell whether another minute has come; clocks may be put back."""
        return _minute_of(now) != _minute_of(self._begun_at)

    def take(self, measures: Mapping[str, float]) -> None:
        """Add a sample; what could not be measured is left out."""
        self._samples += 1
        for name, values in self._values.items():
            if isfinite(measures[name]):
                values.append(measures[name])

    def finished(self) -> HealthMinute:
        """Return what is to be kept of it."""
        return HealthMinute(
            camera_id=self.camera_id,
            begun_at=stamp(self._begun_at),
            calibration_version=self.calibration_version,
            samples=self._samples,
            measures={name: _range(values) for name, values in self._values.items()},
        )


def _minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _range(values: list[float]) -> Range | None:
    return Range(sum(values) / len(values), min(values), max(values)) if values else None
