"""The database server is stopped and started again; for stations that keep their records in PostgreSQL."""

import os
import subprocess
import time

import httpx

from inspection.errors import InputError
from service.drills.camera import Camera, client_of, fresh_name, lost
from service.drills.ground import running_station
from service.drills.report import Options, Report, faults
from service.station_process import STORE_URL

_DOWN_S = 5.0
_RECOVERS_WITHIN_S = 60.0


def run(options: Options) -> Report:
    """Stop the database while frames come, start it, and look for every answered frame."""
    if not (options.stop and options.start):
        raise InputError("expected --stop and --start, the commands that stop and start the database: give both")
    store = os.environ.get(STORE_URL, "")
    if not (options.url or store):
        raise InputError(f"expected the database's address in {STORE_URL}, or --url of a station that uses it: set it")
    with running_station(options, {STORE_URL: store}) as url, client_of(url) as client:
        camera = Camera(client, "drill-cam", fresh_name("database"))
        answers = [camera.post(n) for n in range(5)]
        subprocess.run(options.stop, shell=True, check=True)
        try:
            while_down = _post_for(camera, 5, _DOWN_S)
        finally:
            subprocess.run(options.start, shell=True, check=True)
        begun = time.monotonic()
        answers += while_down
        while answers[-1].status_code != 200 and time.monotonic() < begun + _RECOVERS_WITHIN_S:
            answers += _post_for(camera, len(answers), 0.5)
        missing = lost(client, [answer.content for answer in answers if answer.status_code == 200])
    statuses = sorted({answer.status_code for answer in answers})
    return Report(
        f"the database was stopped for {_DOWN_S:g} s while {len(while_down)} frames came",
        f"frames were answered {statuses}, {missing} answered ones are gone; "
        f"it went on {time.monotonic() - begun:.1f} s after the start",
        faults(
            a_frame_was_refused_with_something_else_than_503=bool(set(statuses) - {200, 503}),
            an_answered_frame_is_gone_or_changed=missing > 0,
            the_station_did_not_recover=answers[-1].status_code != 200,
        ),
    )


def _post_for(camera: Camera, first: int, seconds: float) -> list[httpx.Response]:
    until, answers = time.monotonic() + seconds, list[httpx.Response]()
    while not answers or time.monotonic() < until:
        answers.append(camera.post(first + len(answers)))
        time.sleep(0.1)
    return answers
