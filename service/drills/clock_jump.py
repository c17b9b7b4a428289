"""The station's clock is set forward and back while it runs."""

from service.drills.camera import Camera, client_of, fresh_name, lost
from service.drills.ground import folder_for, own_station
from service.drills.jumping_station import OFFSET_FILE
from service.drills.report import Options, Report, faults

_DAY_S = 86_400
_JUMPS_S = (0, -_DAY_S, 0, 10 * 365 * _DAY_S, 0, -30 * 365 * _DAY_S, 3600)


def run(options: Options) -> Report:
    """Send frames between jumps, and once more after a restart."""
    each = options.times or 5
    with folder_for(options) as folder:
        own = Options(url=options.url, data=folder)
        with own_station(own, module=("service.drills.jumping_station",)) as station, client_of(station.url) as client:
            camera = Camera(client, "drill-cam", fresh_name("clock"))
            answers = []
            for jump, offset_s in enumerate((*_JUMPS_S, -_DAY_S)):
                (folder / OFFSET_FILE).write_text(str(offset_s))
                if jump in (0, len(_JUMPS_S)):
                    station.stop()
                    station.start()
                answers += [camera.post(jump * each + n) for n in range(each)]
            missing = lost(client, [answer.content for answer in answers if answer.status_code == 200])
    statuses = {answer.status_code for answer in answers}
    ids = [answer.json().get("frame_id", "") for answer in answers]
    return Report(
        f"the station's clock jumped {len(_JUMPS_S)} times, by up to 40 years, with {each} frames between jumps "
        "and a restart at the end",
        f"{len(answers)} frames were answered {sorted(statuses)}, {len(set(ids))} ids were given, "
        + ("each larger than the one before" if ids == sorted(ids) else "not in order"),
        faults(
            an_answer_was_refused=statuses != {200},
            ids_do_not_grow=ids != sorted(ids),
            an_id_was_given_twice=len(set(ids)) != len(ids),
            an_answered_frame_is_gone_or_changed=missing > 0,
        ),
    )
