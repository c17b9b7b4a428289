"""What a roll's watch is told of a frame, and what watches for each cause."""

from inspection.defect import Kind
from inspection.recipe import Recipe
from inspection.roll.alarms import AlarmCause, News, WebAlarms
from inspection.roll.density_alarms import DensityAlarms
from inspection.roll.lane_alarms import LaneAlarms
from inspection.roll.repeat_alarms import RepeatAlarms
from inspection.roll.streak_alarms import StreakAlarms
from inspection.roll.web_defect import WebDefect
from inspection.verdict import Verdict
from service.store.entries import FrameEntry


def alarms_by(recipe: Recipe) -> WebAlarms:
    """What watches a roll; a further cause is a further line."""
    return WebAlarms(
        {
            AlarmCause.STREAK: StreakAlarms(recipe.alarms),
            AlarmCause.REPEAT: RepeatAlarms(recipe.repeats),
            AlarmCause.DENSITY: DensityAlarms(recipe.density),
            AlarmCause.LANE: LaneAlarms(recipe.lanes),
        }
    )


def news_of(entry: FrameEntry, changed: tuple[WebDefect, ...]) -> News:
    """Tell what a frame brings of the web."""
    splices = [event for event in entry.record.events if event.kind is Kind.SPLICE]
    return News(
        camera_id=entry.key.camera_id,
        from_mm=entry.position_mm,
        to_mm=entry.position_mm + entry.length_mm,
        changed=changed,
        splices=tuple((one.down_mm - one.length_mm / 2, one.down_mm + one.length_mm / 2) for one in splices),
        lanes=entry.record.lanes,
        held=entry.record.verdict is Verdict.HOLD,
        side=entry.view.side,
    )
