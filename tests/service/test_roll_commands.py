"""`coatsight roll`: beside a station that runs, and without one."""

from pathlib import Path

import pytest
from databases import Database
from fakes import draw, post, running
from people import called

from models.registry import shipped_model, summarise
from service.cli import main

OPENING = ("--product", "graphite", "--order", "4711", "--lot", "CU-12", "--lot", "SL-9", "--field", "coater=2")


@pytest.fixture
def folder(database: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A station's folder; commands find its database by the environment, as people's do."""
    if database.url:
        monkeypatch.setenv("COATSIGHT_STORE_URL", database.url)
    return database.folder


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_roll_lives_from_opening_to_closing_beside_a_running_station(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sha256 = summarise(shipped_model()).sha256
    with running(folder, sha256) as client:
        opened = called("roll", "open", "R1", *OPENING, "--data", folder)
        answer = post(client, draw(1), 0).json()
        assert answer["verdict"] == "hold"
        assert answer["reasons"] == ["not calibrated"]
        code, out, _ = told(capsys, "roll", "show", "R1", "--data", folder)
        assert code == 0
        for word in ("graphite", "4711", "CU-12, SL-9", "coater", "0.013 m, 1 frames", "cam-1", "0.0 to 25.6, top"):
            assert word in out
        assert called("roll", "show", "R1", "--data", folder) == client.get("/v1/rolls/R1").json()
        closed = called("roll", "close", "R1", "--data", folder)
        assert post(client, draw(2), 1).status_code == 409
    assert (opened["state"], closed["state"]) == ("open", "closed")
    assert opened["fields"] == {"coater": "2"}
    assert opened["opened_by"] == closed["closed_by"]
    assert opened["opened_by"].startswith("command line ")
    verbs = [(row["verb"], row["subject"]) for row in called("audit", "--data", folder)]
    assert verbs == [("roll opened", "roll R1"), ("roll closed", "roll R1")]


def test_a_roll_is_opened_with_the_model_that_the_station_would_take(folder: Path) -> None:
    opened = called("roll", "open", "R1", "--data", folder)
    assert opened["model"]["sha256"] == summarise(shipped_model()).sha256


def test_what_was_opened_before_or_closed_is_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = called("roll", "open", "R1", *OPENING, "--data", folder)
    assert called("roll", "open", "R1", *OPENING, "--data", folder) == first
    for command, word in (
        (("open", "R1", "--product", "nmc"), "with recipe default 1, product graphite, order 4711"),
        (("open", "R2", "--recipe", "nowhere"), "there is no nowhere"),
        (("open", "R2", "--field", "coater"), "NAME=VALUE"),
        (("open", "R2", "--product", ""), "product"),
        (("close", "R2"), "none of the name R2"),
        (("show", "R2"), "none of the name R2"),
        (("list", "--after", "x"), "as the page before told it"),
    ):
        code, _, err = told(capsys, "roll", *command, "--data", folder)
        assert (code, err.count("\n")) == (2, 1)
        assert word in err
    closed = called("roll", "close", "R1", "--data", folder)
    code, _, err = told(capsys, "roll", "close", "R1", "--data", folder)
    assert code == 2
    assert f"closed at {closed['closed_at']} by {closed['closed_by']}" in err


def test_rolls_are_listed_a_page_at_a_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        called("roll", "open", f"R{number}", "--data", folder)
    called("roll", "close", "R1", "--data", folder)
    first = called("roll", "list", "--open", "--limit", 1, "--data", folder)
    rest = called("roll", "list", "--open", "--after", first["next_after"], "--data", folder)
    assert [roll["roll_id"] for roll in first["rolls"] + rest["rolls"]] == ["R2", "R0"]
    assert [roll["roll_id"] for roll in called("roll", "list", "--closed", "--data", folder)["rolls"]] == ["R1"]
    assert called("roll", "list", "--since", "2100-01-01", "--data", folder)["rolls"] == []
    code, out, err = told(capsys, "roll", "list", "--limit", 2, "--data", folder)
    assert (code, "R2" in out, "R0" in out) == (0, True, False)
    assert "more: --after " in err


def test_a_recipe_for_another_product_is_told_by_both_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "anode.toml").write_text('name = "anode"\nversion = 1\nproduct = "graphite"\n')
    code, _, err = told(capsys, "roll", "open", "R1", "--product", "nmc", "--recipe", "anode", "--data", tmp_path)
    assert (code, "nmc" in err, "graphite" in err, "anode" in err) == (2, True, True, True)
