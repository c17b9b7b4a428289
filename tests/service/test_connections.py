"""Clients that dawdle, never end or are too many lose their connection; everybody else keeps it."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from fakes import draw, post, running

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def connected(client: httpx.Client, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    where = client.base_url.host, client.base_url.port
    with socket.create_connection(where, timeout=20, source_address=(source, 0)) as opened:
        yield opened


def everything(connection: socket.socket) -> bytes:
    """What comes until the station closes."""
    told = b""
    try:
        while piece := connection.recv(65_536):
            told += piece
    except ConnectionResetError:
        pass
    return told


def test_a_head_that_dawdles_is_told_so_and_closed(tmp_path: Path) -> None:
    with running(tmp_path, head_timeout_s=0.3) as client, connected(client) as slow:
        for letter in b"GET /healthz HTT":
            try:
                slow.send(bytes([letter]))
            except OSError:
                break
            time.sleep(0.05)
        assert everything(slow).startswith(b"HTTP/1.1 408 ")
        assert post(client, draw(0), 0).status_code == 200


def test_one_that_says_nothing_or_only_empty_lines_is_closed_too(tmp_path: Path) -> None:
    with running(tmp_path, head_timeout_s=0.3) as client:
        with connected(client) as silent:
            assert everything(silent).startswith(b"HTTP/1.1 408 ")
        with connected(client) as after_a_request:
            after_a_request.sendall(GET)
            told = after_a_request.recv(65_536)
            after_a_request.sendall(b"\r\n")
            told += everything(after_a_request)
        assert told.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in told


def test_a_head_begun_behind_another_request_is_bounded(tmp_path: Path) -> None:
    with running(tmp_path, head_timeout_s=0.3) as client, connected(client) as piped:
        piped.sendall(GET + b"GET /heal")
        assert everything(piped).count(b"HTTP/1.1 ") == 2


def test_a_head_that_never_ends_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as client, connected(client) as endless:
        endless.sendall(b"GET /healthz HTTP/1.1\r\nX: " + b"x" * (65 << 10))
        assert everything(endless).startswith(b"HTTP/1.1 431 ")


def test_an_idle_connection_stays_and_a_refused_body_is_taken_to_its_end(tmp_path: Path) -> None:
    with running(tmp_path, head_timeout_s=0.3) as client, connected(client) as camera:
        body = bytes(4 << 20)
        head = f"POST /v1/cameras/c/frames?roll=R&sequence=0 HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        camera.sendall(head.encode() + body)
        assert camera.recv(65_536).startswith(b"HTTP/1.1 415 ")
        time.sleep(0.8)
        camera.sendall(GET)
        assert camera.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_the_rest_of_a_refused_body_may_not_take_for_ever(tmp_path: Path) -> None:
    with running(tmp_path, head_timeout_s=0.3) as client, connected(client) as slow:
        slow.sendall(b"POST /v1/cameras/c/frames?roll=R&sequence=0 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n1")
        assert everything(slow).startswith(b"HTTP/1.1 415 ")


def test_one_address_cannot_take_the_connections_of_others(tmp_path: Path) -> None:
    with running(tmp_path, max_connections_per_address=3) as client, ExitStack() as opened:
        for _ in range(3):
            opened.enter_context(connected(client, "127.0.0.2")).sendall(GET)
        with connected(client, "127.0.0.2") as fourth:
            assert everything(fourth).startswith(b"HTTP/1.1 503 ")
        assert client.get("/healthz").status_code == 200
    with running(tmp_path, max_connections=2) as client, ExitStack() as opened:
        client.get("/healthz")
        opened.enter_context(connected(client, "127.0.0.2")).sendall(GET)
        with connected(client, "127.0.0.3") as third:
            assert everything(third).startswith(b"HTTP/1.1 503 ")
