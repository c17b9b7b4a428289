"""The encoder counts backwards: positions fall while frames go on. The camera's state tells it, and later the roll."""

from itertools import pairwise

from service.drills.camera import ROWS, Camera, client_of, fresh_name
from service.drills.ground import running_station
from service.drills.report import Options, Report, faults

_FRAME_MM = ROWS * 0.05


def run(options: Options) -> Report:
    """Send frames forwards, backwards and forwards again."""
    with running_station(options) as url, client_of(url) as client:
        camera = Camera(client, "drill-cam", fresh_name("encoder"))
        places = [0, 1, 2, 3, 2, 1, 0, 1]
        told, statuses, positions = [], [], []
        for sequence, place in enumerate(places):
            answer = camera.post(sequence, position_mm=place * _FRAME_MM)
            statuses.append(answer.status_code)
            positions += [defect["down_mm"] // _FRAME_MM == place for defect in answer.json().get("defects", ())]
            told.append(camera.state().get("position_runs_backwards"))
        facts = [fact["told"] for fact in client.get(f"/v1/rolls/{camera.roll}").raise_for_status().json()["facts"]]
    expected = [False, *(later < earlier for earlier, later in pairwise(places))]
    return Report(
        f"{len(places)} frames were sent whose positions grew, fell and grew again",
        f"answers: {statuses}; the camera's state said that its position runs backwards: {told}; of the roll: {facts}",
        faults(
            a_frame_was_refused=set(statuses) != {200},
            the_state_does_not_tell_the_direction=told != expected,
            the_roll_does_not_tell_where=len(facts) != 1 or "from frame 3 to frame 6" not in facts[0],
            a_defect_does_not_lie_where_its_frame_said=not all(positions),
        ),
    )
