"""Streak alarms: something runs along the web, and goes on doing so until somebody clears the slot or the blade."""

from inspection.defect import EVENT_KINDS
from inspection.roll.alarms import Alarm, AlarmCause, AlarmSettings, News, Standing
from inspection.roll.web_defect import WebDefect

_PATIENCE_MM = 2000.0
"""Web without it, after which what comes at the same place is another one."""

_BESIDE_MM = 2.0
"""As far beside it; the web wanders."""


class StreakAlarms:
    """Tells of each long defect once, by where it lies across the web.

    Parameters
    ----------
    settings : AlarmSettings
    """

    def __init__(self, settings: AlarmSettings) -> None:
        self._settings = settings
        self.standing: list[Standing] = []

    def take(self, news: News) -> list[Alarm]:
        """Learn what a frame brings; return streaks that are told for the first time."""
        long = [
            one for one in news.changed if one.kind not in EVENT_KINDS and one.length_mm >= self._settings.streak_mm
        ]
        begun = [_alarm(streak, news) for streak in long if not self._known(streak)]
        for alarm in begun:
            self.resume(alarm, news.to_mm)
        return begun

    def resume(self, alarm: Alarm, until_mm: float) -> None:
        """Know a streak again."""
        self.standing.append(Standing(alarm, until_mm, _PATIENCE_MM))

    def _known(self, streak: WebDefect) -> bool:
        return any(_beside(each.alarm, streak) and each.goes_on(streak.from_mm, streak.to_mm) for each in self.standing)


def _beside(alarm: Alarm, streak: WebDefect) -> bool:
    left, right = float(alarm.details["left_mm"] or 0), float(alarm.details["right_mm"] or 0)
    return streak.left_mm <= right + _BESIDE_MM and left - _BESIDE_MM <= streak.right_mm


def _alarm(streak: WebDefect, news: News) -> Alarm:
    return Alarm(
        cause=AlarmCause.STREAK,
        camera_id=streak.camera_id,
        lane=streak.lane,
        from_mm=streak.from_mm,
        raised_mm=news.to_mm,
        told=f"{streak.kind} since {streak.from_mm / 1000:.2f} m, {streak.cross_mm:.0f} mm from the operator side",
        details={
            "kind": streak.kind.value,
            "severity": streak.severity.value,
            "left_mm": round(streak.left_mm, 3),
            "right_mm": round(streak.right_mm, 3),
        },
    )
