"""Alarms of a camera's input: when a measure has left its limit for good, and when it is well again.

One frame proves nothing: a measure is judged by the median of its latest samples. An alarm ends only when
that median is back by a tenth of the way from the limit to normal, so that it does not flap at the limit.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from statistics import median

from service.settings import Settings

SAMPLES = 9
"""That many samples are judged together; at one every two seconds an alarm comes after some ten seconds."""

_BACK_SHARE = 0.1


@dataclass(frozen=True)
class Limit:
    """Where the alarm of one measure begins.

    Attributes
    ----------
    measure : str
    normal : float
        What it is when all is well; says on which side of the limit that lies.
    at : float
    told : str
        What is said then, with `{value}` and `{limit}` in it.
    """

    measure: str
    normal: float
    at: float
    told: str

    def passed_by(self, value: float) -> float:
        """How far a value lies beyond the limit, in multiples of the way from normal to it; negative within."""
        return (value - self.at) / (self.at - self.normal)


@dataclass(frozen=True)
class Alarm:
    """A measure beyond its limit: since when, and in words."""

    measure: str
    value: float
    limit: float
    since: datetime
    told: str


def limits_from(settings: Settings) -> tuple[Limit, ...]:
    """Return the limits of an installation, one for each measure."""
    return (
        Limit("lamp", 1.0, settings.alarm_lamp, "lamp at {value:.0%} of calibration, alarm below {limit:.0%}: "
              "clean or renew it, then calibrate"),
        Limit("flicker", 0.0, settings.alarm_flicker, "light flickers by {value:.1%} from row to row, alarm above "
              "{limit:.1%}: look at the lamp's supply"),
        Limit("focus", 1.0, settings.alarm_focus, "lane edges at {value:.0%} of their calibrated sharpness, alarm "
              "below {limit:.0%}: focus the lens, clean its window"),
        Limit("flat_field", 0.0, settings.alarm_flat_field, "light across the web is {value:.1%} off its calibrated "
              "shape, alarm above {limit:.1%}: clean lamp and window, then calibrate"),
        Limit("noise", 1.0, settings.alarm_noise, "noise at {value:.2f} times calibration, alarm above {limit:.2f}: "
              "look at gain, exposure and cable"),
        Limit("saturated", 0.0, settings.alarm_saturated, "{value:.1%} of pixels at full scale, alarm above "
              "{limit:.1%}: shorten the exposure"),
    )  # fmt: skip


class InputAlarms:
    """One camera's alarms.

    Parameters
    ----------
    limits : sequence of Limit
    """

    def __init__(self, limits: tuple[Limit, ...]) -> None:
        self._limits = limits
        self._latest: dict[str, deque[float]] = {limit.measure: deque(maxlen=SAMPLES) for limit in limits}
        self._raised: dict[str, Alarm] = {}

    @property
    def raised(self) -> tuple[Alarm, ...]:
        """Alarms that stand."""
        return tuple(self._raised.values())

    def states(self) -> dict[str, bool]:
        """Whether each measure is in alarm."""
        return {limit.measure: limit.measure in self._raised for limit in self._limits}

    def start_over(self) -> None:
        """Judge by what comes from now on: the camera was calibrated anew. Alarms stand until then."""
        for latest in self._latest.values():
            latest.clear()

    def take(self, measures: Mapping[str, float], at: datetime) -> tuple[list[Alarm], list[Alarm]]:
        """Take one sample of each measure; what cannot be measured is left out.

        Returns
        -------
        begun, ended : list of Alarm
        """
        begun, ended = [], []
        for limit in self._limits:
            latest, before = self._latest[limit.measure], self._raised.get(limit.measure)
            if isfinite(measures[limit.measure]):
                latest.append(measures[limit.measure])
            now = self._judged(limit, median(latest), before, at) if len(latest) == SAMPLES else before
            if now and not before:
                begun.append(now)
            if before and not now:
                ended.append(before)
        return begun, ended

    def _judged(self, limit: Limit, value: float, before: Alarm | None, at: datetime) -> Alarm | None:
        """The measure's alarm by this value, None where there is none."""
        if limit.passed_by(value) > (-_BACK_SHARE if before else 0):
            told = limit.told.format(value=value, limit=limit.at)
            alarm = Alarm(limit.measure, value, limit.at, before.since if before else at, told)
            self._raised[limit.measure] = alarm
            return alarm
        self._raised.pop(limit.measure, None)
        return None
