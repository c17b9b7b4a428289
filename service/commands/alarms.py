"""`coatsight roll alarms`: what was told of a roll while it ran."""

from dataclasses import asdict
from pathlib import Path

from service.commands.terminal import print_json, print_table, say
from service.rollbook.alarms import RollAlarm, alarms_of_roll
from service.store.beside import reading


def alarms(roll_id: str, data: Path, after: int, limit: int, *, json: bool) -> int:
    """List a roll's alarms, the oldest first."""
    with reading(data) as connection:
        page = alarms_of_roll(connection, roll_id, after, limit)
    if json:
        print_json(asdict(page))
        return 0
    print_table(("", "when", "cause", "lane", "at", "seen", "what"), [_row(alarm) for alarm in page.alarms])
    if page.next_after:
        say(f"there are more: --after {page.next_after}")
    return 0


def _row(alarm: RollAlarm) -> tuple[str, ...]:
    lane = str(alarm.lane) if alarm.lane else ""
    place, seen = (f"{mm / 1000:.2f} m" for mm in (alarm.from_mm, alarm.raised_mm))
    return str(alarm.id), alarm.raised_at, alarm.cause, lane, place, seen, alarm.told
