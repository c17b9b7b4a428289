"""Who may do what: every route has its row, every key its camera, and what is revoked opens nothing."""

import asyncio
import socket
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from databases import Database
from fakes import draw, fake_classifier, post, running
from fastapi.routing import iter_route_contexts
from people import bearer, called, new_key, new_user, soon
from sqlalchemy import Connection

from service.access import PEOPLE, RULES, Role, Rule, allow
from service.app import create_app
from service.errors import Forbidden
from service.keyring import Keyring, digest_of
from service.settings import Settings
from service.store import secrets
from service.store.secrets import Secret
from service.store.store import Store


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[httpx.Client, Path]]:
    """A station with a key of cam-1's, and a client that shows none."""
    with running(tmp_path) as client:
        yield client, tmp_path


def test_every_route_has_a_row_and_every_row_a_route(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path), fake_classifier("f" * 64))
    routes = {
        (method, context.path)
        for context in iter_route_contexts(app.routes)
        for method in (context.methods or ())
        if method != "HEAD"
    }
    assert routes == set(RULES)


def test_the_contract_s_three_ask_nobody_and_everything_of_the_plant_asks() -> None:
    open_to_all = {path for (_, path), rule in RULES.items() if rule is None}
    assert open_to_all == {"/healthz", "/readyz", "/metrics", "/login", "/logout", "/docs", "/openapi.json"}


@pytest.mark.parametrize("role", PEOPLE)
def test_nobody_but_a_camera_posts_frames_whatever_their_role(role: Role) -> None:
    rule = RULES["POST", "/v1/cameras/{camera_id}/frames"]
    assert rule
    with pytest.raises(Forbidden, match="expected the camera's key for POST"):
        allow(rule, Secret("d", "key", "k", role, "*"), "cam-1", "POST frames")


def test_roles_grow() -> None:
    for place, role in enumerate(PEOPLE):
        who = Secret("d", "user", "anna", role)
        for needed in PEOPLE[: place + 1]:
            allow(Rule(needed), who, None, "GET /x")
        for needed in PEOPLE[place + 1 :]:
            with pytest.raises(Forbidden, match=f"expected role {needed} or above for GET /x, got role {role}"):
                allow(Rule(needed), who, None, "GET /x")


def test_keys_guard_everything_but_health(guarded: tuple[httpx.Client, Path]) -> None:
    client, folder = guarded
    assert post(client, draw(0), 0).status_code == 200
    key = new_key(folder)
    assert soon(lambda: client.get("/v1/frames/latest").status_code == 401)
    refused = post(client, draw(1), 1)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    client.headers["Authorization"] = "Bearer wrong"
    assert post(client, draw(1), 1).status_code == 401
    client.headers.update(bearer(key))
    assert post(client, draw(1), 1).status_code == 200
    assert client.get("/v1/cameras/cam-1").json()["not_inspected"] == 0


def test_a_camera_s_key_opens_that_camera_s_routes_alone(tmp_path: Path) -> None:
    key = new_key(tmp_path, "cam-2")
    with running(tmp_path) as client:
        client.headers.update(bearer(key))
        refused = post(client, draw(0), 0)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:coatsight:problem:forbidden")
        assert refused.json()["detail"] == "expected the key of camera cam-1, got that of cam-2: use its own"
        assert client.get("/v1/cameras/cam-1").status_code == 403
        assert client.get("/v1/frames/latest").status_code == 403
        assert client.get("/v1/cameras/cam-2").status_code == 404


def test_an_integration_has_the_role_of_its_key(tmp_path: Path) -> None:
    gateway, reports = new_key(tmp_path, "*"), new_key(tmp_path, "*", "operator")
    with running(tmp_path) as client:
        client.headers.update(bearer(gateway))
        assert post(client, draw(0), 0).status_code == 200
        client.headers.update(bearer(reports))
        assert client.get("/v1/frames/latest").status_code == 200
        refused = client.get("/v1/audit")
        assert refused.status_code == 403
        assert "expected role admin or above for GET /v1/audit, got role operator" in refused.json()["detail"]


def test_a_key_revoked_beside_the_station_is_refused_on_the_same_connection(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    with running(tmp_path) as client:
        client.headers.update(bearer(key))
        assert post(client, draw(0), 0).status_code == 200
        called("keys", "revoke", key["key_id"], "--data", tmp_path)
        assert soon(lambda: client.get("/v1/cameras/cam-1").status_code == 401)


def test_a_stream_ends_when_its_key_is_revoked(tmp_path: Path) -> None:
    key = new_key(tmp_path, "*", "operator")
    with running(tmp_path) as client, client.stream("GET", "/v1/live", headers=bearer(key)) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        called("keys", "revoke", key["key_id"], "--data", tmp_path)
        assert all(line in ("", ": still here") for line in lines)


def test_once_guarded_a_station_stays_so(tmp_path: Path) -> None:
    called("keys", "revoke", new_key(tmp_path)["key_id"], "--data", tmp_path)
    with running(tmp_path) as client:
        assert client.get("/v1/frames/latest").status_code == 401


def test_a_key_in_the_address_is_refused_even_beside_the_right_header(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    with running(tmp_path) as client:
        for name in ("key", "access_token", "anything"):
            refused = client.get("/v1/cameras/cam-1", params={name: key["key"]}, headers=bearer(key))
            assert refused.status_code == 401
            assert "revoke it" in refused.json()["detail"]


def test_no_odd_header_opens_anything(tmp_path: Path) -> None:
    new_key(tmp_path)
    odd = [
        "",
        "Bearer",
        "Bearer  x",
        "Basic YTpi",
        "Bearer " + "x" * 60_000,
        "Bearer ' OR 1=1 --",
        "Bearer \xe4\xf6\xfc",
    ]
    with running(tmp_path) as client:
        for authorization in odd:
            headers = {"Authorization": authorization.encode("latin-1")}
            assert client.get("/v1/frames/latest", headers=headers).status_code == 401
        assert (
            client.get("/v1/frames/latest", headers={"Cookie": "coatsight_session=" + "x" * 60_000}).status_code == 401
        )
        assert client.get("/healthz").status_code == 200


def test_a_stranger_is_refused_before_a_byte_of_the_body(tmp_path: Path) -> None:
    new_key(tmp_path)
    with running(tmp_path) as client:
        with socket.create_connection((client.base_url.host, client.base_url.port), timeout=20) as connection:
            connection.sendall(
                b"POST /v1/cameras/cam-1/frames?roll=R1&sequence=0&width=512&height=256&pixel_format=Mono8 HTTP/1.1\r\n"
                b"Host: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 131072\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
            assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")
        with sqlite3.connect(tmp_path / "station.sqlite") as database:
            assert database.execute("SELECT count(*) FROM not_inspected").fetchone() == (0,)


def test_only_a_key_s_digest_is_kept(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    with running(tmp_path) as client:
        post(client, draw(0), 0)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("station.sqlite*"))
    assert key["key"].encode() not in kept
    assert digest_of(key["key"]).encode() in kept
    assert len(key["key"]) >= 43


def test_when_a_key_was_last_used_is_written_down_without_being_waited_for(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    with running(tmp_path) as client:
        client.headers.update(bearer(key))
        for number in range(3):
            post(client, draw(number), number)
        assert called("keys", "list", "--data", tmp_path)[0]["last_used_at"] is None
    assert called("keys", "list", "--data", tmp_path)[0]["last_used_at"] is not None


def test_a_known_key_is_told_without_asking_the_store(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    with Store(tmp_path) as store:
        keyring = Keyring(store, timedelta(hours=1), clock=lambda: datetime.now(UTC))
        store.read = None  # type: ignore[assignment,method-assign]
        begun = time.perf_counter()
        for _ in range(1000):
            assert keyring.whose("key", key["key"])
        assert keyring.whose("user", key["key"]) is None
        # A busy machine may take long; a thousand questions to a database take longer.
        assert time.perf_counter() - begun < 1


def test_another_site_s_page_may_not_post_even_where_nobody_is_asked(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
        ):
            refused = client.post("/v1/cameras/cam-1/frames?roll=R&sequence=0", files={"image": b"x"}, headers=headers)
            assert (refused.status_code, refused.json()["type"]) == (403, "urn:coatsight:problem:cross-site")
        own = f"http://{client.base_url.host}:{client.base_url.port}"
        assert post(client, draw(0), 0).status_code == 200
        assert client.post("/logout", headers={"Origin": own}, follow_redirects=False).status_code == 303


def test_the_openapi_document_tells_who_may(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        told = client.get("/openapi.json").json()
    assert told["paths"]["/v1/audit"]["get"]["security"] == [{"key": []}, {"session": []}]
    assert {"401", "403"} <= set(told["paths"]["/v1/cameras/{camera_id}/frames"]["post"]["responses"])
    assert "security" not in told["paths"]["/healthz"]["get"]


def test_users_alone_guard_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_user(tmp_path, monkeypatch)
    with running(tmp_path) as client:
        assert post(client, draw(0), 0).status_code == 401


def test_what_the_router_refuses_before_the_guard_leaves_nothing_of_a_camera(
    guarded: tuple[httpx.Client, Path],
) -> None:
    """POST to a route that only reads: 405 comes from the router, which asks nobody who they are."""
    client, folder = guarded
    reports = new_key(folder, "*", "operator")
    assert soon(lambda: client.get("/v1/cameras").status_code == 401)
    frame = {"roll": "R1", "sequence": 5, "width": 512, "height": 256, "pixel_format": "Mono8"}
    for path in ("/v1/cameras/cam-1", "/v1/cameras/cam-1/health"):
        assert client.post(path, params=frame).status_code == 405
    assert 'camera="cam-1"' not in client.get("/metrics").text
    client.headers.update(bearer(reports))
    assert client.get("/v1/rolls/R1/not-inspected").status_code == 404


def test_a_roll_may_be_called_as_keys_begin(tmp_path: Path) -> None:
    key = new_key(tmp_path)
    with running(tmp_path) as client:
        client.headers.update(bearer(key))
        assert post(client, draw(0), 0, roll="coatsight_1").status_code == 200


def test_a_key_revoked_while_keys_are_read_is_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL shows each question of a reading what is committed when that begins."""
    if database.url:
        monkeypatch.setenv("COATSIGHT_STORE_URL", database.url)
    first, second = new_key(database.folder), new_key(database.folder)
    read, revoked = secrets._sessions, list[str]()

    def revoking(connection: Connection) -> list[Secret]:
        if not revoked:
            revoked.append(second["key_id"])
            called("keys", "revoke", second["key_id"], "--data", database.folder)
        return read(connection)

    with Store(database.folder, database.url) as store:
        keyring = Keyring(store, timedelta(hours=1), clock=lambda: datetime.now(UTC))
        monkeypatch.setattr(secrets, "_sessions", revoking)
        called("keys", "revoke", first["key_id"], "--data", database.folder)
        asyncio.run(keyring.refresh())
        assert revoked
        asyncio.run(keyring.refresh())
        assert keyring.whose("key", second["key"]) is None
