"""Nothing comes from elsewhere, nothing goes there: the station opens no connection, its pages name no other host."""

import os
import re
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
from fakes import draw, post, running
from people import bearer, called, new_key, new_user, sign_in

import service
from service.security_headers import HEADERS

HERE = Path(__file__).parent
PAGES = ("/", "/login", "/docs")
SERVED = Path(service.__file__).parent
NAMESPACE = "http://www.w3.org/2000/svg"


class Tags(HTMLParser):
    """Every tag with what it names, and the words inside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style"):
            self.inline += data.strip()


def test_a_station_opens_no_connection_from_start_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_user(tmp_path, monkeypatch, role="admin")
    key = new_key(tmp_path)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), str(SERVED.parent)])}
    process = subprocess.Popen(
        [sys.executable, HERE / "station_without_elsewhere.py", tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout
    port = int(process.stdout.readline())
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        assert sign_in(client).status_code == 303
        assert [client.get(path).status_code for path in (*PAGES, "/openapi.json", "/metrics", "/readyz")] == [200] * 6
        client.cookies.clear()
        client.headers.update(bearer(key))
        assert [post(client, draw(n, holes=n), n).status_code for n in range(3)] == [200] * 3
        assert sockets_elsewhere(process.pid, port) == []
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM, said
    assert "elsewhere" not in said


def sockets_elsewhere(process: int, port: int) -> list[str]:
    """List the process's network sockets that do not stand at its own port, as the kernel tells them."""
    links = [os.readlink(path) for path in Path(f"/proc/{process}/fd").iterdir()]
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    tables = [Path(f"/proc/{process}/net/{name}").read_text() for name in ("tcp", "tcp6", "udp", "udp6", "raw")]
    rows = [row.split() for table in tables for row in table.splitlines()[1:]]
    return [f"{row[1]} {row[2]}" for row in rows if row[9] in own and int(row[1].rpartition(":")[2], 16) != port]


def test_the_watch_on_connections_sees_one(tmp_path: Path) -> None:
    program = "import station_without_elsewhere, socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"
    ran = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "elsewhere: 192.0.2.1" in ran.stderr


def test_every_answer_bears_the_security_headers(tmp_path: Path) -> None:
    new_key(tmp_path)
    with running(tmp_path) as client:
        asked = (
            *PAGES,
            "/nowhere",
            "/static/login.css",
            "/static/none",
            "/healthz",
            "/v1/frames/latest",
            "/openapi.json",
        )
        for answer in [*map(client.get, asked), client.put("/"), post(client, draw(0), 0)]:
            for name, value in HEADERS.items():
                assert answer.headers.get_list(name) == [value], (answer.url, name)


def test_a_failure_s_answer_bears_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path) as client:
        monkeypatch.setattr("service.api.health.Health", None)
        failed = client.get("/healthz")
    assert failed.status_code == 500
    assert failed.headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_names_another_host_or_holds_script_or_style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_user(tmp_path, monkeypatch, role="admin")
    with running(tmp_path) as client:
        pages = [client.get("/login").text, sign_in(client, password="a wrong one").text]
        sign_in(client)
        pages += [client.get(path).text for path in PAGES]
        linked = set()
        for page in pages:
            parsed = Tags(page)
            assert parsed.inline == ""
            for tag, named in parsed.tags:
                assert not {name for name in named if name.startswith("on") or name == "style"}, tag
                linked |= {named[name] for name in ("src", "href", "action") if name in named}
        assert all(link and re.match(r"/(?!/)|#", link) for link in linked)
        for link in sorted(link for link in linked if link and link.startswith("/static/")):
            assert client.get(link).status_code == 200


@pytest.mark.parametrize(
    "path", sorted(path for path in SERVED.glob("static/**/*") if path.is_file()), ids=lambda path: path.name
)
def test_no_script_style_or_picture_names_another_host(path: Path) -> None:
    text = path.read_text().replace(NAMESPACE, "")
    assert not re.findall(r"(?:https?:|wss?:)?//[A-Za-z0-9\[]|@import|\beval\(|\bimport\(", text)


def test_what_loaded_scripts_from_elsewhere_is_gone(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        assert client.get("/redoc").status_code == 404
        docs = client.get("/docs").text
    assert "cdn" not in docs
    assert "/v1/cameras/{camera_id}/frames" in docs
    assert "the camera&#39;s key" in docs
    assert called("audit", "--data", tmp_path) == []
