"""A camera restarts and counts from 0 again on the same roll."""

from service.drills.camera import Camera, client_of, fresh_name, refusals
from service.drills.ground import running_station
from service.drills.report import Options, Report, faults

_OTHER_PIXELS = 1000


def run(options: Options) -> Report:
    """Answer some frames, then send other pixels under their numbers."""
    count = options.times or 5
    with running_station(options) as url, client_of(url) as client:
        camera = Camera(client, "drill-cam", fresh_name("restart"))
        first = [camera.post(n) for n in range(count)]
        counted = refusals(client, "conflict")
        again = [camera.post(n, n + _OTHER_PIXELS) for n in range(count)]
        counted = refusals(client, "conflict") - counted
        repeated = [camera.post(n) for n in range(count)]
        next_roll = Camera(client, "drill-cam", fresh_name("restart")).post(0, _OTHER_PIXELS)
        remembered = camera.remembers("conflict", count)
    told = {answer.status_code for answer in again}
    return Report(
        f"{count} frames were answered; then {count} other frames came under the same numbers of the same roll",
        f"the second ones were answered {sorted(told)}: {again[0].json().get('detail', '')!r}; {counted} were counted",
        faults(
            the_first_frames_were_not_answered_200={answer.status_code for answer in first} != {200},
            the_second_ones_were_not_all_answered_409=told != {409},
            the_refusals_were_not_counted=counted != count,
            they_are_not_remembered_as_not_inspected=not remembered,
            the_first_answers_changed=[each.content for each in first] != [each.content for each in repeated],
            the_next_roll_is_refused=next_roll.status_code != 200,
        ),
    )
