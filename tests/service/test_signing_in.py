"""Signing in: a session nobody had before, ended when it must be, and no way in by force or by another site."""

import asyncio
import io
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fakes import draw, post, running
from people import PASSWORD, called, new_user, sign_in, soon, verbs

from inspection.errors import InputError
from service.errors import TooManySignIns
from service.keyring import Keyring, digest_of
from service.passwords import PasswordChecks, hashed
from service.sign_in_limits import PER_ACCOUNT, PER_ADDRESS, WINDOW_S, SignInLimits
from service.store import people
from service.store.audit import Actor
from service.store.people import SessionEntry
from service.store.store import Store
from service.user_names import check_name, login_of

COOKIE = "coatsight_session"


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A station that knows Anna, an operator."""
    new_user(tmp_path, monkeypatch)
    with running(tmp_path, deadline_ms=20_000) as client:
        yield SimpleNamespace(client=client, folder=tmp_path)


def test_who_is_not_signed_in_is_asked_to(station: SimpleNamespace) -> None:
    sent_on = station.client.get("/")
    assert (sent_on.status_code, sent_on.headers["Location"]) == (303, "/login")
    page = station.client.get("/login")
    assert page.status_code == 200
    assert 'autocomplete="current-password"' in page.text


def test_name_and_password_open_a_session_that_scripts_cannot_read(station: SimpleNamespace) -> None:
    answer = sign_in(station.client)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    told = answer.headers["Set-Cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= set(told.split("; "))
    assert "secure" not in told
    live = station.client.get("/")
    assert live.status_code == 200
    assert "Anna" in live.text
    assert live.headers["Cache-Control"] == "no-store"
    assert station.client.get("/v1/frames/latest").status_code == 200
    assert verbs(station.folder) == ["user added", "signed in"]


def test_the_cookie_is_for_https_alone_where_https_was_spoken(station: SimpleNamespace) -> None:
    answer = sign_in(station.client, headers={"X-Forwarded-Proto": "https"})
    assert "; Secure" in answer.headers["Set-Cookie"]


def test_only_a_session_s_digest_is_kept(station: SimpleNamespace) -> None:
    sign_in(station.client)
    cookie = station.client.cookies[COOKIE]
    with sqlite3.connect(station.folder / "station.sqlite") as database:
        assert database.execute("SELECT digest FROM sessions").fetchall() == [(digest_of(cookie),)]
    assert len(cookie) >= 43


def test_a_wrong_password_and_a_wrong_name_get_the_same_answer(station: SimpleNamespace) -> None:
    wrong = sign_in(station.client, password="nearly correct")
    unknown = sign_in(station.client, name="nobody", password="nearly correct")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text == unknown.text
    assert 'role="alert"' in wrong.text
    rows = called("audit", "--data", station.folder)[1:]
    assert [(row["verb"], row["subject"]) for row in rows] == [
        ("sign-in refused", "user Anna"),
        ("sign-in refused", "nobody's name"),
    ]


def test_nobodys_password_takes_as_much_work_as_somebodys() -> None:
    """The same hash is computed for both: what differs is only which one."""
    asked: list[str] = []
    checks = PasswordChecks()

    async def both() -> list[bool]:
        kept = hashed(PASSWORD)
        asked.extend((kept, checks._nobodys.result()))
        return [await checks.fits(PASSWORD, kept), await checks.fits("nobody's", None)]

    assert asyncio.run(both()) == [True, False]
    parameters = [told.split("$")[1:4] for told in asked]
    assert parameters[0] == parameters[1] == ["argon2id", "v=19", "m=65536,t=3,p=1"]
    checks.close()


def test_a_name_is_the_same_however_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_user(tmp_path, monkeypatch, "Ma\N{LATIN SMALL LIGATURE FI}a Stra\N{LATIN SMALL LETTER SHARP S}e")
    with running(tmp_path) as client:
        for typed in ("MAFIA STRASSE", " mafia strasse ", "\N{FULLWIDTH LATIN CAPITAL LETTER M}afia Strasse"):
            assert sign_in(client, typed).status_code == 303


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb", "a\x00b", "a\N{RIGHT-TO-LEFT OVERRIDE}b"])
def test_a_name_that_cannot_be_read_is_none(name: str) -> None:
    with pytest.raises(InputError, match="printable"):
        check_name(name)


def test_names_are_folded() -> None:
    assert login_of("\N{KELVIN SIGN}") == login_of("k") == "k"
    assert login_of("e\N{COMBINING ACUTE ACCENT}") == login_of("\N{LATIN CAPITAL LETTER E WITH ACUTE}")


def test_sql_in_a_name_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "x'; DROP TABLE users; --"
    new_user(tmp_path, monkeypatch, name)
    with running(tmp_path) as client:
        assert sign_in(client, "' OR '1'='1").status_code == 401
        assert sign_in(client, name).status_code == 303
    assert [each["name"] for each in called("users", "list", "--data", tmp_path)] == [name]


def test_a_session_is_never_one_that_was_there_before(station: SimpleNamespace) -> None:
    """Session fixation: a cookie that somebody planted stays worthless, and the former session ends."""
    station.client.cookies.set(COOKIE, "planted")
    sign_in(station.client)
    first = {cookie.value for cookie in station.client.cookies.jar if cookie.value != "planted"}.pop()
    assert first != "planted"
    with httpx.Client(base_url=station.client.base_url) as other:
        assert other.get("/v1/frames/latest", headers={"Cookie": f"{COOKIE}=planted"}).status_code == 401
        assert other.get("/v1/frames/latest", headers={"Cookie": f"{COOKIE}={first}"}).status_code == 200
        other.headers["Cookie"] = f"{COOKIE}={first}"
        second = sign_in(other).headers["Set-Cookie"].split(";")[0].partition("=")[2]
        other.headers["Cookie"] = f"{COOKIE}={first}"
        assert other.get("/v1/frames/latest").status_code == 401
        other.headers["Cookie"] = f"{COOKIE}={second}"
        assert other.get("/v1/frames/latest").status_code == 200


def test_signing_out_ends_this_session_and_no_other(station: SimpleNamespace) -> None:
    sign_in(station.client)
    kept = {"Cookie": f"{COOKIE}={station.client.cookies[COOKIE]}"}
    with httpx.Client(base_url=station.client.base_url) as other:
        sign_in(other)
        assert station.client.post("/logout").headers["Location"] == "/login"
        assert COOKIE not in station.client.cookies
        assert station.client.get("/v1/frames/latest", headers=kept).status_code == 401
        assert other.get("/v1/frames/latest").status_code == 200
    assert verbs(station.folder)[-1] == "signed out"


@pytest.mark.parametrize("command", ["deactivate", "password"])
def test_all_sessions_end_with_a_new_password_or_a_deactivation(
    station: SimpleNamespace, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(station.client)
    monkeypatch.setattr("sys.stdin", io.StringIO("another long password\n"))
    called("users", command, "anna", *(["--password-stdin"] if command == "password" else []), "--data", station.folder)
    assert soon(lambda: station.client.get("/v1/frames/latest").status_code == 401)
    station.client.cookies.clear()
    assert sign_in(station.client).status_code == 401
    assert called("audit", "--data", station.folder)[2]["details"] == {"sessions_ended": 1}


def test_another_role_holds_for_open_sessions(station: SimpleNamespace) -> None:
    sign_in(station.client)
    refused = station.client.get("/v1/audit")
    assert refused.status_code == 403
    assert "expected role admin or above" in refused.json()["detail"]
    called("users", "role", "anna", "admin", "--data", station.folder)
    assert soon(lambda: station.client.get("/v1/audit").status_code == 200)


def test_a_session_posts_no_frames(station: SimpleNamespace) -> None:
    sign_in(station.client)
    assert post(station.client, draw(0), 0).status_code == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_can_sign_nobody_in_or_out(station: SimpleNamespace, headers: dict[str, str]) -> None:
    assert sign_in(station.client, headers=headers).status_code == 403
    sign_in(station.client)
    assert station.client.post("/logout", headers=headers).status_code == 403
    assert station.client.get("/v1/frames/latest").status_code == 200


def test_a_cookie_is_no_key(station: SimpleNamespace) -> None:
    sign_in(station.client)
    cookie = station.client.cookies[COOKIE]
    station.client.cookies.clear()
    told = station.client.get("/v1/frames/latest", headers={"Authorization": f"Bearer {cookie}"})
    assert told.status_code == 401


def test_too_many_attempts_on_an_account_are_told_to_wait(station: SimpleNamespace) -> None:
    for _ in range(PER_ACCOUNT):
        assert sign_in(station.client, password="a guess").status_code == 401
    waiting = sign_in(station.client)
    assert waiting.status_code == 429
    assert 0 < int(waiting.headers["Retry-After"]) <= WINDOW_S
    assert "Too many attempts" in waiting.text
    assert verbs(station.folder).count("sign-in refused") == PER_ACCOUNT


def test_a_flood_of_sign_ins_neither_queues_up_nor_stops_frames(station: SimpleNamespace) -> None:
    key = called("keys", "add", "--camera", "cam-1", "--data", station.folder)["key"]
    headers = {"Authorization": f"Bearer {key}"}
    camera = httpx.Client(base_url=station.client.base_url, headers=headers, timeout=30)
    assert soon(lambda: camera.get("/v1/cameras/cam-1").status_code == 404)
    with ThreadPoolExecutor(24) as pool:
        flood = [pool.submit(_attempt, station.client.base_url, f"guess-{n}") for n in range(60)]
        assert [post(camera, draw(n), n).status_code for n in range(5)] == [200] * 5
        codes = [each.result() for each in flood]
    assert set(codes) <= {401, 429}
    assert codes.count(401) <= PER_ADDRESS
    assert 429 in codes
    camera.close()


def _attempt(url: httpx.URL, name: str) -> int:
    with httpx.Client(base_url=url, timeout=60) as client:
        return sign_in(client, name, "a guess").status_code


def test_attempts_are_forgotten_after_a_while_or_a_right_one() -> None:
    now = [0.0]
    limits = SignInLimits(lambda: now[0])
    for n in range(PER_ACCOUNT):
        limits.take("anna", f"10.0.0.{n}")
    with pytest.raises(TooManySignIns) as refused:
        limits.take("anna", "10.0.0.99")
    assert refused.value.retry_after_s == WINDOW_S
    limits.take("ben", "10.0.0.1")
    now[0] = WINDOW_S
    limits.take("anna", "10.0.0.99")
    for _ in range(PER_ACCOUNT * 3):
        limits.take("anna", "10.0.0.7")
        limits.forgive("anna", "10.0.0.7")


def test_an_address_that_tries_many_names_is_told_to_wait() -> None:
    limits = SignInLimits(lambda: 0.0)
    for n in range(PER_ADDRESS):
        limits.take(f"user {n}", "10.0.0.1")
    with pytest.raises(TooManySignIns):
        limits.take("one more", "10.0.0.1")
    limits.take("one more", "10.0.0.2")


def test_a_form_that_is_none_is_refused_before_it_is_read(station: SimpleNamespace) -> None:
    post_raw = partial(station.client.post, "/login")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post_raw(json={"name": "Anna", "password": PASSWORD}).status_code == 400
    assert post_raw(content=b"name=" + b"x" * 9000, headers=form).status_code == 400
    assert post_raw(content=b"name=\xff%ff", headers=form).status_code == 400
    assert post_raw(content=b"&".join([b"a=1"] * 20), headers=form).status_code == 400
    assert sign_in(station.client, name="x" * 2000, password="y" * 2000).status_code == 401
    assert sign_in(station.client, name="Anna\x00", password=PASSWORD).status_code == 401


def test_sessions_end_when_unused_and_at_last_in_any_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_user(tmp_path, monkeypatch)
    now = [datetime(2030, 1, 1, tzinfo=UTC)]
    with Store(tmp_path) as store:
        checked = store.read(partial(people.user, login="anna"))
        assert checked
        entry = SessionEntry(digest_of("cookie"), "anna", now[0], now[0] + timedelta(hours=12))
        actor = Actor("user", "Anna", "10.0.0.1")
        store.change(partial(people.open_session, entry=entry, checked=checked, actor=actor)).result(5)
        keyring = Keyring(store, timedelta(hours=2), clock=lambda: now[0])
        for _ in range(11):
            now[0] += timedelta(hours=1)
            assert keyring.whose("user", "cookie")
        now[0] += timedelta(hours=1)
        assert keyring.whose("user", "cookie") is None
        now[0] -= timedelta(hours=12)
        unused = Keyring(store, timedelta(hours=2), clock=lambda: now[0])
        now[0] += timedelta(hours=2)
        assert unused.whose("user", "cookie") is None


def test_a_password_changed_while_it_was_checked_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_user(tmp_path, monkeypatch)
    with Store(tmp_path) as store:
        checked = store.read(partial(people.user, login="anna"))
        assert checked
        now, actor = datetime.now(UTC), Actor("user", "Anna", "10.0.0.1")
        changed = partial(people.set_password, login="anna", password_hash="another", actor=actor, at=now)
        store.change(changed).result(5)
        entry = SessionEntry("d" * 64, "anna", now, now + timedelta(hours=1))
        late = store.change(partial(people.open_session, entry=entry, checked=checked, actor=actor))
        assert "changed" in str(late.exception(5))
    assert "signed in" not in verbs(tmp_path)


def test_passwords_are_neither_short_nor_endless() -> None:
    for password in ("short", "x" * 257):
        with pytest.raises(InputError, match="12 to 256"):
            hashed(password)
