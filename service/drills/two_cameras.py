"""Two cameras are set to the same id and send at the same time."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from service.drills.camera import Camera, client_of, fresh_name, lost, refusals
from service.drills.ground import running_station
from service.drills.report import Options, Report, faults

_OTHER_PIXELS = 1000


def run(options: Options) -> Report:
    """Send both cameras' frames under the same numbers."""
    count = options.times or 20
    with running_station(options) as url, client_of(url) as one, client_of(url) as other:
        roll = fresh_name("two")
        counted = refusals(one, "conflict")
        cameras = (Camera(one, "drill-cam", roll), 0), (Camera(other, "drill-cam", roll), _OTHER_PIXELS)
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(lambda each: _sent(each[0], each[1], count), cameras))
        counted = refusals(one, "conflict") - counted
        taken = [answer.content for of_one in answers for answer in of_one if answer.status_code == 200]
        missing = lost(one, taken)
        remembered = cameras[0][0].remembers("conflict", count)
    pairs = [sorted(answer.status_code for answer in both) for both in zip(*answers, strict=True)]
    clear = all(
        "give each frame its own sequence" in answer.text
        for of_one in answers
        for answer in of_one
        if answer.status_code == 409
    )
    return Report(
        f"two cameras with one id sent {count} frames each under the same numbers of the same roll",
        f"{pairs.count([200, 409])} of {count} numbers had one frame answered and one refused with 409; "
        f"{counted} were counted",
        faults(
            a_number_had_not_exactly_one_answer=pairs != [[200, 409]] * count,
            the_refusals_do_not_say_what_to_do=not clear,
            the_refusals_were_not_counted=counted != count,
            they_are_not_remembered_as_not_inspected=not remembered,
            an_answered_frame_is_gone_or_changed=missing > 0,
        ),
    )


def _sent(camera: Camera, first_seed: int, count: int) -> list[httpx.Response]:
    return [camera.post(n, first_seed + n) for n in range(count)]
