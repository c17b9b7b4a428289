"""kill -9 at random moments, again and again."""

import random
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import track

from service.drills.camera import Camera, client_of, fresh_name, lost
from service.drills.ground import folder_for, own_station
from service.drills.report import Options, Report, faults
from service.station_process import StationProcess
from service.store.database import DATABASE

_CONNECTIONS = 3
_LONGEST_LIFE_S = 1.5
_OPENS_WITHIN_S = 2.0


@dataclass
class _Seen:
    """What the cameras were answered, and how the station came back."""

    answered: dict[int, bytes] = field(default_factory=dict)
    repeated: int = 0
    changed: int = 0
    opened_s: list[float] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)
    broken: int = 0


def run(options: Options) -> Report:
    """Kill the station at random moments while frames are posted; then look for every answered one."""
    times, seen, chance = options.times or 50, _Seen(), random.Random(time.time())
    with folder_for(options) as folder, own_station(Options(options.url, folder)) as station:
        roll = fresh_name("kill")
        with client_of(station.url) as client:
            camera = Camera(client, "drill-cam", roll)
            for _ in track(range(times), "kill -9", console=Console(stderr=True)):
                seen.ready_s.append(station.start())
                _repeat(camera, seen)
                _post_until_killed(station, roll, seen, chance)
                _look_at_database(folder, seen)
            seen.ready_s.append(station.start())
            missing = lost(client, seen.answered.values())
        twice = _held_twice(folder, roll, seen)
    return Report(
        f"the station was killed {times} times within {_LONGEST_LIFE_S:g} s of work, {len(seen.answered)} frames "
        "were answered 200 before",
        f"{missing} of these are gone or changed, {twice} frames are held twice; the database opened within "
        f"{max(seen.opened_s):.2f} s, the station was ready within {max(seen.ready_s):.1f} s",
        faults(
            no_frame_was_answered=not seen.answered,
            an_answered_frame_is_gone_or_changed=missing > 0 or seen.changed > 0,
            a_frame_is_held_twice=twice > 0,
            the_database_is_damaged=seen.broken > 0,
            the_database_did_not_open_at_once=max(seen.opened_s) > _OPENS_WITHIN_S,
        ),
    )


def _post_until_killed(station: StationProcess, roll: str, seen: _Seen, chance: random.Random) -> None:
    first = max(seen.answered, default=-1) + 1 + 2 * _CONNECTIONS
    arguments = [(station.url, roll, first + n, seen.answered) for n in range(_CONNECTIONS)]
    threads = [threading.Thread(target=_post_on, args=each) for each in arguments]
    known = len(seen.answered)
    for thread in threads:
        thread.start()
    until = time.monotonic() + 30
    while len(seen.answered) == known and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, _LONGEST_LIFE_S))
    station.kill()
    for thread in threads:
        thread.join()


def _post_on(url: str, roll: str, first: int, answered: dict[int, bytes]) -> None:
    """Post every third frame until the station is gone, and note each answer that came whole."""
    with client_of(url) as client:
        camera, sequence = Camera(client, "drill-cam", roll), first
        while True:
            try:
                answer = camera.post(sequence)
            except httpx.HTTPError:
                return
            if answer.status_code == 200:
                answered[sequence] = answer.content
            sequence += _CONNECTIONS


def _repeat(camera: Camera, seen: _Seen) -> None:
    """Send the latest frames again, as a camera does that does not know whether they arrived."""
    for sequence in sorted(seen.answered)[-_CONNECTIONS:]:
        answer = camera.post(sequence)
        seen.repeated += 1
        seen.changed += answer.content != seen.answered[sequence]


def _look_at_database(folder: Path, seen: _Seen) -> None:
    begun = time.monotonic()
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        connection.execute("SELECT max(id) FROM frames").fetchone()
        seen.opened_s.append(time.monotonic() - begun)
        seen.broken += connection.execute("PRAGMA integrity_check").fetchone() != ("ok",)


def _held_twice(folder: Path, roll: str, seen: _Seen) -> int:
    """Count frames that share their number with another, and answered ones that there are more or less than once."""
    question = "SELECT sequence, count(*) FROM frames WHERE roll_id = ? GROUP BY camera_id, sequence"
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        held: dict[int, int] = dict(connection.execute(question, (roll,)).fetchall())
    return sum(count > 1 for count in held.values()) + sum(held.get(sequence) != 1 for sequence in seen.answered)
