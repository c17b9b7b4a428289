"""Clients break off at every stage of a request, politely and not."""

import contextlib
import socket
import struct
from urllib.parse import urlsplit

from service.drills.camera import COLUMNS, ROWS, Camera, client_of, drawn, fresh_name
from service.drills.ground import running_station
from service.drills.report import Options, Report, faults


def run(options: Options) -> Report:
    """Break off, then send the same frames whole."""
    rounds = options.times or 3
    with running_station(options) as url, client_of(url) as client:
        camera = Camera(client, "drill-cam", fresh_name("half"))
        before = camera.post(0).status_code
        stages = [pieces for n in range(rounds) for pieces in _stages(camera, 1 + n * 5)]
        for number, piece in enumerate(stages):
            _break_off(url, piece, politely=number % 2 == 0)
        bodies = 5 * rounds
        remembered = camera.remembers("malformed-body", bodies)
        idle = camera.is_idle()
        again = {camera.post(1 + n).status_code for n in range(bodies)}
        closed = camera.remembers("malformed-body", 0)
    return Report(
        f"{len(stages)} connections broke off: before, in and behind the head, and all through the body",
        f"the {bodies} frames that had begun were "
        + ("remembered as not inspected" if remembered else "not all remembered")
        + f"; sent again they were answered {sorted(again)}",
        faults(
            the_station_did_not_answer_before=before != 200,
            a_frame_that_broke_off_is_not_remembered_as_not_inspected=not remembered,
            a_place_in_the_queue_was_never_given_back=not idle,
            the_whole_frames_were_not_answered_200=again != {200},
            the_stretches_stay_open_although_inspected=not closed,
        ),
    )


def _stages(camera: Camera, first: int) -> list[bytes]:
    """Break the same request off at nine places; five of these are in its body and have a number each."""
    body = drawn(first)
    heads = [_head(camera, first + n, len(body)) for n in range(5)]
    early = [b"", b"POST /v1/cam", heads[0][: len(heads[0]) // 2], heads[0][:-2]]
    ends = (0, 1, len(body) // 2, len(body) - 1, 4096)
    return [*early, *(head + body[:end] for head, end in zip(heads, ends, strict=True))]


def _head(camera: Camera, sequence: int, length: int) -> bytes:
    query = f"roll={camera.roll}&sequence={sequence}&width={COLUMNS}&height={ROWS}&pixel_format=Mono8"
    head = f"POST {camera.path}?{query} HTTP/1.1\nHost: drill\nContent-Type: application/octet-stream\n"
    return f"{head}Content-Length: {length}\n\n".replace("\n", "\r\n").encode()


def _break_off(url: str, piece: bytes, *, politely: bool) -> None:
    """Send a piece and go: with a goodbye, or as if the cable were cut."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 80), timeout=10) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(piece)
        if not politely:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
