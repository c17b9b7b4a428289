"""Lane alarms: a lane leaves its tolerance, or its width breaks a Western Electric rule.

Lanes are judged metre by metre, as afterwards on the whole roll: a metre when every camera has passed it, at the
latest when one is two metres beyond. Charts are of the latest metres, so that neither their limits nor the work for
them depends on how long the roll has become. After a restart the latest metres come from the store; patches of skip
coating are measured anew from there on.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from inspection.record import LaneExtent
from inspection.roll.alarms import Alarm, AlarmCause, Detail, News, Standing
from inspection.roll.control_charts import individuals_chart
from inspection.roll.lane_faults import OutOfTolerance, out_of_tolerance
from inspection.roll.lane_series import (
    LANE_MEASURES,
    LaneId,
    LaneSeries,
    LaneSums,
    Series,
    gap_series,
    lane_series,
    measured_of,
)
from inspection.roll.lanes import LaneSettings
from inspection.roll.patches import LanePatches, Window
from inspection.roll.western_electric import Violation

WINDOW_M: Final = 200
"""Metres of which charts are made: what the lane was before says little of how it is made now."""

_LATE_M = 2
_PATIENCE_MM = 10_000.0
_MM_PER_M = 1000.0
_OF_BOTH_LANES = "gap_before_mm"
"""A gap belongs to both lanes beside it, and is one thing to be told."""


@dataclass(eq=False)
class _Sums:
    """Sums of one lane over the frames of a metre, as the store keeps them, and a camera that saw it."""

    camera_id: str
    measures: list[list[float]] = field(default_factory=lambda: [[0, 0.0, 0.0, np.inf, -np.inf] for _ in LANE_MEASURES])

    def add(self, lane: LaneExtent, camera_id: str) -> None:
        """Take in a frame."""
        self.camera_id = camera_id
        for sums, value in zip(self.measures, measured_of(lane), strict=True):
            if value is not None:
                n, total, squares, low, high = sums
                sums[:] = n + 1, total + value, squares + value * value, min(low, value), max(high, value)


class LaneAlarms:
    """Tells of each lane's each measure once when it leaves its tolerance, and of each rule that its width breaks.

    Parameters
    ----------
    settings : LaneSettings
    """

    def __init__(self, settings: LaneSettings) -> None:
        self._settings = settings
        self._asks_for_lengths = settings.patch.length_mm is not None or settings.skip.length_mm is not None
        self._open: dict[int, dict[LaneId, _Sums]] = defaultdict(dict)
        self._patches: dict[tuple[LaneId, str], Window] = defaultdict(Window)
        self._widths: dict[LaneId, deque[tuple[int, float]]] = defaultdict(lambda: deque(maxlen=WINDOW_M))
        self._at_m: dict[str, int] = {}
        self._judged_m: int | None = None
        self._charted_from_m: int | None = None
        self.standing: list[Standing] = []

    def take(self, news: News) -> list[Alarm]:
        """Learn what a frame brings; return what is told for the first time."""
        metre = int((news.from_mm + news.to_mm) / 2 // _MM_PER_M)
        self._at_m[news.camera_id] = max(self._at_m.get(news.camera_id, metre), metre)
        if news.measured:
            self._read_again(news)
        elif not news.held and (self._judged_m is None or metre > self._judged_m):
            self._measure(metre, news)
        return [alarm for passed in self._passed() for alarm in self._judge(passed, news)]

    def resume(self, alarm: Alarm, until_mm: float) -> None:
        """Know again what was told before a restart."""
        self.standing.append(Standing(alarm, until_mm, _PATIENCE_MM))

    def _measure(self, metre: int, news: News) -> None:
        for lane in news.lanes:
            known = self._id(news, lane.lane)
            self._open[metre].setdefault(known, _Sums(news.camera_id)).add(lane, news.camera_id)
            if lane.patches is not None and self._asks_for_lengths:
                self._patches[known, news.camera_id].add(lane.patches, news.from_mm, news.to_mm)

    def _id(self, news: News, lane: int) -> LaneId:
        return LaneId(news.side, "" if self._settings.plan else news.camera_id, lane)

    def _read_again(self, news: News) -> None:
        """Know metres as the store has them, with all frames that nobody handed on.

        A frame that is handed on as well weighs twice in its metre's mean, and changes neither its low nor its high.
        """
        if self._judged_m is None:
            # Of what ran before a restart every rule that was broken was told, by charts of other metres.
            self._charted_from_m = self._at_m[news.camera_id]
        for lane in news.measured:
            for metre, sums in zip(lane.metres.tolist(), lane.sums.tolist(), strict=True):
                if self._judged_m is None or metre > self._judged_m:
                    self._open[metre][lane.lane] = _Sums(lane.lane.camera_id or news.camera_id, sums)

    def _passed(self) -> list[int]:
        """Take metres of which no more is to be expected, in order."""
        slowest, fastest = min(self._at_m.values()), max(self._at_m.values())
        return sorted(metre for metre in self._open if metre < slowest or metre + _LATE_M <= fastest)

    def _judge(self, metre: int, news: News) -> Iterator[Alarm]:
        seen, before_m = self._open.pop(metre), metre - 1 if self._judged_m is None else self._judged_m
        self._judged_m = metre
        lanes = [lane_series(_sums(lane, metre, sums)) for lane, sums in sorted(seen.items(), key=lambda each: each[0])]
        told = [self._untrue(each, seen, news) for each in self._out_of_tolerance(lanes, before_m, metre)]
        told += [self._unstable(lane, each, seen, news) for lane in lanes for each in self._broken(lane, metre)]
        for alarm, until_mm in told:
            if not self._known(alarm, until_mm):
                self.resume(alarm, until_mm)
                yield alarm

    def _out_of_tolerance(self, lanes: Sequence[LaneSeries], before_m: int, metre: int) -> Iterable[OutOfTolerance]:
        # Of what ends before this metre it is known whether it is whole: the web behind it was seen.
        patches = [
            LanePatches(lane, *window.ending_within(before_m * _MM_PER_M, metre * _MM_PER_M))
            for (lane, _), window in self._patches.items()
        ]
        found = out_of_tolerance(lanes, list(gap_series(lanes)), patches, self._settings)
        return (each for each in found if each.measure != _OF_BOTH_LANES)

    def _broken(self, lane: LaneSeries, metre: int) -> list[Violation]:
        """Rules that the lane's width breaks with this metre."""
        width, widths = lane.measures["width_mm"], self._widths[lane.lane]
        if not len(width.metres):
            return []
        widths.append((metre, float(width.mean[0])))
        if self._charted_from_m is not None and metre < self._charted_from_m:
            return []
        metres, means = np.array([each[0] for each in widths]), np.array([each[1] for each in widths])
        chart = individuals_chart(Series(metres, means, means, means))
        return [each for each in chart.violations if each.to_m == metre + 1] if chart else []

    def _untrue(self, out: OutOfTolerance, seen: dict[LaneId, _Sums], news: News) -> tuple[Alarm, float]:
        severity = out.fault.severity.value if out.fault.severity else None
        details: dict[str, Detail] = {"measure": out.measure, "rule": None, "side": out.lane.side, "severity": severity}
        told = f"lane {out.lane.lane} at {out.fault.from_mm / _MM_PER_M:.1f} m: {out.fault.why}"
        return _alarm(out.lane, seen, news, out.fault.from_mm, told, details), out.fault.to_mm

    def _unstable(
        self, lane: LaneSeries, broken: Violation, seen: dict[LaneId, _Sums], news: News
    ) -> tuple[Alarm, float]:
        details: dict[str, Detail] = {"measure": "width_mm", "rule": broken.rule, "side": lane.lane.side}
        width = float(lane.measures["width_mm"].mean[0])
        told = f"lane {lane.lane.lane} since {broken.from_m} m: width {width:.2f} mm, {broken.why}"
        return _alarm(lane.lane, seen, news, broken.from_m * _MM_PER_M, told, details), broken.to_m * _MM_PER_M

    def _known(self, alarm: Alarm, until_mm: float) -> bool:
        thing = self._thing(alarm)
        return any(self._thing(each.alarm) == thing and each.goes_on(alarm.from_mm, until_mm) for each in self.standing)

    def _thing(self, alarm: Alarm) -> tuple[Detail, ...]:
        """What an alarm is about; by plan, whichever camera showed it."""
        camera_id = None if self._settings.plan else alarm.camera_id
        return camera_id, alarm.lane, *(alarm.details.get(name) for name in ("measure", "rule", "side"))


def _sums(lane: LaneId, metre: int, seen: _Sums) -> LaneSums:
    return LaneSums(lane, np.array([metre]), np.zeros(1), np.array([seen.measures]))


def _alarm(
    lane: LaneId, seen: dict[LaneId, _Sums], news: News, from_mm: float, told: str, details: dict[str, Detail]
) -> Alarm:
    camera_id = seen[lane].camera_id if lane in seen else lane.camera_id or news.camera_id
    return Alarm(AlarmCause.LANE, camera_id, lane.lane, from_mm, news.to_mm, told, details)
