"""The report is one file that runs nothing, asks for nothing and takes strangers' text for text."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from databases import Database
from drawn_rolls import drawn, write_roll
from fakes import draw, post, running

from inspection.roll.factors import built_in
from service.cli import main
from service.commands.roll_figures import file_name
from service.roll_report.axes import Axis
from service.roll_report.page import report_html
from service.store.store import Store

HOSTILE = """<script>alert(1)</script>"'&<img src=x onerror=alert(2)>{{7*7}}</style>"""
NOW = "2030-01-01T08:00:00.000+00:00"


class Seen(HTMLParser):
    """Elements, attributes, and text as a reader sees it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with Store(database.folder, database.url) as opened:
        yield opened


def page_of(store: Store, roll_id: str, count: int, **told: str) -> str:
    store.change(partial(write_roll, roll_id=roll_id, defects=drawn(1, count), **told)).result(10)
    return store.read(partial(report_html, roll_id=roll_id, factors=built_in(), printed_at=NOW))


def test_strangers_text_stays_text(store: Store) -> None:
    fields = json.dumps({"supplier_lots": ["A", HOSTILE], "fields": {HOSTILE: HOSTILE}})
    page = page_of(store, HOSTILE, 40, product=HOSTILE, order_number=HOSTILE, fields=fields, opened_by=HOSTILE)
    seen = Seen(page)
    assert "script" not in seen.tags
    assert not [name for name, _ in seen.attributes if name.startswith("on")]
    assert seen.text.count(HOSTILE) >= 6


def test_it_names_no_address_and_has_no_style_but_its_own(store: Store) -> None:
    page = page_of(store, "R1", 200)
    seen = Seen(page)
    assert not {"script", "link", "iframe", "object", "form", "a"} & set(seen.tags)
    assert [value for name, value in seen.attributes if name in ("src", "href") and not value.startswith("data:")] == []
    assert "style" not in {name for name, _ in seen.attributes}
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "http" not in style
    assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in page.replace("&#39;", "'")


def test_it_tells_what_there_is(store: Store) -> None:
    text = Seen(page_of(store, "R1", 200, product="NMC 622")).text
    for told in ("Roll R1", "NMC 622", "default, version 1", "200", "pinhole", "cam-1", "not calibrated", "Decision"):
        assert told in text
    assert text.count("not kept") == 30


def test_a_roll_of_which_nothing_was_seen_has_a_report(store: Store) -> None:
    text = Seen(page_of(store, "R1", 0)).text
    assert "No defects." in text
    assert "All frames that were sent or expected were inspected." in text


def test_the_station_serves_it_as_a_page_that_may_do_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        post(client, draw(1, holes=4), 0)
        answer = client.get("/v1/rolls/R1/report.html").raise_for_status()
        assert client.get("/v1/rolls/R9/report.html").status_code == 404
        ordinary = client.get("/healthz").headers.get_list("content-security-policy")
    (policy,) = answer.headers.get_list("content-security-policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert ordinary == [
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ]
    assert answer.text.count('src="data:image/png;base64,') >= 4


def test_the_command_line_writes_the_same_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(tmp_path) as store:
        store.change(partial(write_roll, roll_id="R1", defects=drawn(1, 50))).result(10)
    assert main(["roll", "report", "R1", "--data", str(tmp_path), "-o", str(tmp_path / "r.html")]) == 0
    assert "Roll R1" in Seen((tmp_path / "r.html").read_text()).text
    assert main(["roll", "report", "R9", "--data", str(tmp_path)]) == 2
    capsys.readouterr()
    assert main(["roll", "defects", "R1", "--data", str(tmp_path), "--json", "--limit", "20", "--worst"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 20
    assert main(["roll", "statistics", "R1", "--data", str(tmp_path), "--json", "--by", "lane"]) == 0
    assert json.loads(capsys.readouterr().out)["total"] == 50
    assert main(["roll", "defects", "R1", "--data", str(tmp_path), "--kind", "pinhol"]) == 2


def test_without_a_file_it_goes_to_a_pipe_and_from_a_terminal_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, here = tmp_path / "data", tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with Store(data) as store:
        store.change(partial(write_roll, roll_id="../R 1/<b>", defects=drawn(1, 5))).result(10)
    command = ["roll", "report", "../R 1/<b>", "--data", str(data)]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main([*command, "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")
    assert list(here.iterdir()) == []
    assert main(command) == 0
    (written,) = here.iterdir()
    told = capsys.readouterr()
    assert written.name in told.out + told.err
    assert "<!doctype" not in told.out
    assert written.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("roll_id", "name"),
    [
        ("R-2030.17", "R-2030.17.html"),
        ("../R 1/<b>", "__R_1_b_.html"),
        ("-rf", "_rf.html"),
        ("卷" * 128, "卷" * 60 + ".html"),
    ],
)
def test_a_report_is_named_after_its_roll_as_any_folder_takes_it(roll_id: str, name: str) -> None:
    assert file_name(roll_id) == name


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0, 1200, ["0", "200", "400", "600", "800", "1\u202f000", "1\u202f200"]),
        (0, 0.5, ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
    ],
)
def test_ticks_are_round_values_inside_the_axis(low: float, high: float, told: list[str]) -> None:
    axis = Axis(low, high, 10, 110)
    ticks = axis.ticks(6)
    assert [text for _, text in ticks] == told
    assert (ticks[0][0], ticks[-1][0]) == (10, 110)
