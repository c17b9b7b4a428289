"""Density alarms: defects crowd on a lane."""

from inspection.roll.alarms import Alarm, AlarmCause, News, Standing
from inspection.roll.density import Crowd, DensityRule, DensitySettings, RecentDensity


class DensityAlarms:
    """Tells of each crowded stretch once, by its lane and the rule that it breaks.

    Parameters
    ----------
    settings : DensitySettings
    """

    def __init__(self, settings: DensitySettings) -> None:
        self._recent = RecentDensity(settings)
        self._patience_mm = max((2 * rule.within_mm for rule in settings.rules), default=0.0)
        self._widths_mm: dict[int, float] = {}
        self.standing: list[Standing] = []

    def take(self, news: News) -> list[Alarm]:
        """Learn what a frame brings; return stretches that are told for the first time."""
        self._widths_mm |= {lane.lane: lane.right_mm - lane.left_mm for lane in news.lanes}
        begun = []
        for defect in news.changed:
            for crowd in self._recent.take((defect,), self._widths_mm):
                if not self._known(crowd):
                    begun.append(_alarm(crowd, defect.camera_id, news))
                    self.resume(begun[-1], crowd.to_mm)
        return begun

    def resume(self, alarm: Alarm, until_mm: float) -> None:
        """Know a crowded stretch again."""
        self.standing.append(Standing(alarm, until_mm, self._patience_mm))

    def _known(self, crowd: Crowd) -> bool:
        rule = _name(crowd.rule)
        return any(
            (each.alarm.details["rule"], each.alarm.lane) == (rule, crowd.lane)
            and each.goes_on(crowd.from_mm, crowd.to_mm)
            for each in self.standing
        )


def _name(rule: DensityRule) -> str:
    return f"{rule.kind or 'all kinds'}: {rule.told}"


def _alarm(crowd: Crowd, camera_id: str, news: News) -> Alarm:
    return Alarm(
        cause=AlarmCause.DENSITY,
        camera_id=camera_id,
        lane=crowd.lane,
        from_mm=crowd.from_mm,
        raised_mm=news.to_mm,
        told=crowd.told,
        details={"rule": _name(crowd.rule), "severity": crowd.rule.severity.value, "defects": crowd.defects},
    )
