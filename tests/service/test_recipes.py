"""Recipes by version: kept for ever, activated with a reason, told by command and by API."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
from databases import Database
from fakes import draw, post, running
from people import bearer, called, new_key, soon, verbs

from inspection.recipe import default_recipe, parse_recipe
from inspection.recipe_text import example
from service.cli import main
from service.errors import UnknownRecipe, UnusableRecipe, VersionTaken
from service.recipebook.activating import activate
from service.recipebook.shelf import list_recipes, read_version, recipe_history, the_version
from service.store.activations import activated_text
from service.store.audit import Actor, audit_rows
from service.store.beside import changing, reading

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ANNA = Actor("user", "Anna", "10.0.0.7")
REFUSALS = sqlite3.IntegrityError, psycopg.errors.IntegrityError
ONE = 'name = "graphite"\nversion = 1\n'
TWO = 'name = "graphite"\nversion = 2\nproduct = "A7"\n[verdict]\nminor = "reject"\nreview_below = 0.5\n'


@pytest.fixture(autouse=True)
def at_its_address(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "database" in request.fixturenames and (url := request.getfixturevalue("database").url):
        monkeypatch.setenv("COATSIGHT_STORE_URL", url)


def activated(folder: Path, text: str, why: str = "a try"):
    with changing(folder) as connection:
        return activate(connection, text, why, ANNA, NOON)


def test_an_activated_recipe_is_kept_in_force_compared_and_in_the_audit_trail(database: Database) -> None:
    first = activated(database.folder, ONE)
    second = activated(database.folder, TWO, "customer complained")
    assert (first.before, second.before) == (None, 1)
    assert [(str(change), change.stance) for change in second.changes] == [
        ("version: 1 -> 2", "other"),
        ("product: not set -> A7", "other"),
        ("verdict.minor: warn -> reject", "stricter"),
        ("verdict.review_below: 0.8 -> 0.5", "looser"),
    ]
    with reading(database.folder) as connection:
        assert activated_text(connection, "graphite") == TWO
        row = audit_rows(connection, limit=1)[0]
    assert (row.verb, row.subject, row.actor) == ("recipe activated", "recipe graphite", "Anna")
    assert json.loads(row.details) == {"version": 2, "why": "customer complained"}


def test_a_version_stands_for_one_text_and_an_older_one_may_be_activated_again(database: Database) -> None:
    activated(database.folder, ONE)
    activated(database.folder, TWO)
    with pytest.raises(VersionTaken, match="raise the version"):
        activated(database.folder, TWO + "# a comment\n")
    assert activated(database.folder, ONE).before == 2
    with reading(database.folder) as connection:
        assert activated_text(connection, "graphite") == ONE
        history = recipe_history(connection, "graphite")
    assert [each.version for each in history.versions] == [2, 1]
    assert [each.version for each in history.activations] == [1, 2, 1]
    assert history.activations[0].by == "user Anna"


def test_what_is_no_recipe_is_kept_nowhere(database: Database) -> None:
    with pytest.raises(UnusableRecipe, match=r"unknown key versoin.*first of 2 problems"):
        activated(database.folder, 'name = "graphite"\nversoin = 1\n')
    with reading(database.folder) as connection:
        assert list_recipes(connection, 10) == []
        assert audit_rows(connection, limit=1) == []
        with pytest.raises(UnknownRecipe):
            recipe_history(connection, "graphite")


@pytest.mark.parametrize(
    ("table", "change"), [("recipes", "text = 'other'"), ("recipe_activations", "why = 'never said'")]
)
def test_kept_recipes_and_activations_are_changed_or_taken_away_by_nobody(
    database: Database, table: str, change: str
) -> None:
    activated(database.folder, ONE)
    rows = database.asked(f"SELECT * FROM {table}")
    last = f"TRUNCATE {table}" if database.url else f"REPLACE INTO {table} SELECT * FROM {table}"
    for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}", last):
        with pytest.raises(REFUSALS, match=f"{table} is append-only"):
            database.asked(statement)
    assert database.asked(f"SELECT * FROM {table}") == rows


def test_recipes_are_listed_by_name_each_with_its_newest_version_and_what_is_in_force(database: Database) -> None:
    for text in (ONE, TWO, ONE, 'name = "lfp"\nversion = 9\n'):
        activated(database.folder, text)
    with reading(database.folder) as connection:
        listed = list_recipes(connection, 10)
        assert [(each.name, each.newest_version, each.active.version) for each in listed] == [
            ("graphite", 2, 1),
            ("lfp", 9, 9),
        ]
        assert [each.name for each in list_recipes(connection, 10, "graphite")] == ["lfp"]
        assert len(list_recipes(connection, 1)) == 1
        read = read_version(connection, "graphite", 2)
        assert (read.text, read.parsed["verdict"]["minor"], read.parsed["screening"]["sensitivity"]) == (
            TWO,
            "reject",
            1,
        )
        assert the_version(connection, "graphite").version == 1
        with pytest.raises(UnknownRecipe, match="version 3 of recipe graphite"):
            the_version(connection, "graphite", 3)


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_check_prints_every_problem_of_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = (
        file(tmp_path, "good.toml", ONE),
        file(tmp_path, "bad.toml", ONE + "[wb]\na = 1\n[web]\nguard_px = 99\n"),
    )
    assert told(capsys, "recipe", "check", good)[0] == 0
    code, out, _ = told(capsys, "recipe", "check", good, bad, tmp_path / "lost.toml")
    assert code == 2
    assert f"{bad}: unknown key wb: did you mean web?" in out
    assert f"{bad}: web.guard_px: expected a whole number from 1 to 32, got 99" in out
    assert "lost.toml" in out
    code, out, _ = told(capsys, "recipe", "check", "--json", good, bad)
    assert (code, [each["ok"] for each in json.loads(out)]) == (2, [True, False])


def test_a_warning_alone_is_no_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = file(tmp_path, "idle.toml", ONE + '[verdict.kinds.splice]\nseverity = "minor"\n')
    code, out, _ = told(capsys, "recipe", "check", path)
    assert (code, "warning: verdict.kinds.splice" in out) == (0, True)


def test_example_prints_a_recipe_that_is_the_default_one(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "recipe", "example")
    assert (code, out) == (0, example())
    assert parse_recipe(out) == default_recipe()


def test_diff_takes_files_versions_and_rolls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = file(tmp_path, "two.toml", TWO)
    activated(tmp_path, ONE)
    with running(tmp_path) as client:
        post(client, draw(1), 0)
    versions = called("recipe", "diff", "graphite:1", two, "--data", tmp_path)
    assert [change["key"] for change in versions] == ["version", "product", "verdict.minor", "verdict.review_below"]
    roll = called("recipe", "diff", "R1", two, "--data", tmp_path)
    assert [change["key"] for change in roll][:2] == ["name", "version"]
    code, out, _ = told(capsys, "recipe", "diff", two, two)
    assert (code, out) == (0, "")
    assert "warn -> reject" in told(capsys, "recipe", "diff", "graphite:1", two, "--data", tmp_path)[1]


@pytest.mark.parametrize(
    ("wrong", "said"), [("graphite:7", "version 7"), ("R9", "there is none"), ("x.toml", "x.toml")]
)
def test_diff_says_what_is_not_there(tmp_path: Path, wrong: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    activated(tmp_path, ONE)
    code, _, err = told(capsys, "recipe", "diff", wrong, "graphite:1", "--data", tmp_path)
    assert (code, said in err, err.count("\n")) == (2, True, 1)
    code, _, err = told(capsys, "recipe", "diff", wrong, wrong)
    assert (code, "--data" in err) == (2, True)


def test_activate_list_and_show_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    station = tmp_path / "station"
    two = file(tmp_path, "two.toml", TWO)
    activated(station, ONE)
    code, out, err = told(capsys, "recipe", "activate", two, "--why", "scratches", "--data", station)
    assert (code, "warn -> reject" in out, "stricter" in out) == (0, True, True)
    assert "graphite 2 is in force from the next roll on; compared with version 1" in err
    assert told(capsys, "recipe", "activate", two, "--why", " ", "--data", station)[0] == 2
    two.write_text(TWO + "\n")
    assert told(capsys, "recipe", "activate", two, "--why", "again", "--data", station)[0] == 2
    assert verbs(station)[-1] == "recipe activated"
    listed = called("recipe", "list", "--data", station)
    assert [(each["name"], each["active"]["version"], each["active"]["why"]) for each in listed] == [
        ("graphite", 2, "scratches")
    ]
    assert "scratches" in told(capsys, "recipe", "list", "--data", station)[1]
    code, out, err = told(capsys, "recipe", "show", "graphite", "--data", station)
    assert (code, out, "scratches" in err) == (0, TWO, True)
    assert told(capsys, "recipe", "show", "graphite", "1", "--data", station)[1] == ONE
    assert called("recipe", "show", "graphite", "--data", station)["parsed"]["product"] == "A7"
    assert told(capsys, "recipe", "show", "graphite", "9", "--data", station)[0] == 2


def test_the_api_checks_activates_and_tells(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        checked = client.post("/v1/recipes/check", json={"text": ONE + "[wb]\n"}).json()
        assert (checked["ok"], checked["problems"]) == (
            False, [{"key": "wb", "told": "unknown key wb: did you mean web?"}],
        )  # fmt: skip
        assert client.post("/v1/recipes/check", json={"text": TWO}).json()["name"] == "graphite"
        for text in (ONE, TWO):
            done = client.post("/v1/recipes", json={"text": text, "why": "a try"})
            assert done.status_code == 200
        assert {change["stance"] for change in done.json()["changes"]} == {"other", "stricter", "looser"}
        assert client.get("/v1/recipes").json()[0]["active"]["version"] == 2
        assert client.get("/v1/recipes?after=graphite").json() == []
        assert [each["version"] for each in client.get("/v1/recipes/graphite").json()["versions"]] == [2, 1]
        read = client.get("/v1/recipes/graphite/1").json()
        assert (read["text"], read["parsed"]["name"]) == (ONE, "graphite")
        for path in ("/v1/recipes/lfp", "/v1/recipes/graphite/3"):
            assert client.get(path).json()["type"].endswith("unknown-recipe")
    assert verbs(tmp_path) == ["recipe activated", "recipe activated"]


@pytest.mark.parametrize(
    ("asked", "status", "problem"),
    [
        ({"text": TWO, "why": "x"}, 200, None),
        ({"text": ONE + "# other\n", "why": "x"}, 409, "version-taken"),
        ({"text": "name = 3", "why": "x"}, 422, "unusable-recipe"),
        ({"text": ONE, "why": "  "}, 422, "malformed-query"),
        ({"text": ONE}, 422, "malformed-query"),
        ({"text": "#" * 100_001, "why": "x"}, 422, "malformed-query"),
        ({"text": "#" * 300_000, "why": "x"}, 400, "malformed-body"),
    ],
)
def test_the_api_refuses_what_cannot_be_activated(tmp_path: Path, asked, status: int, problem: str | None) -> None:
    activated(tmp_path, ONE)
    with running(tmp_path) as client:
        answer = client.post("/v1/recipes", json=asked)
    assert answer.status_code == status
    assert problem is None or answer.json()["type"].endswith(problem)


def test_only_an_engineer_activates_and_their_key_stands_in_the_trail(tmp_path: Path) -> None:
    keys = {role: new_key(tmp_path, "*", role) for role in ("qa", "engineer")}
    with running(tmp_path) as client:
        asked = {"json": {"text": ONE, "why": "x"}}
        assert soon(lambda: client.get("/v1/recipes").status_code == 401)
        assert client.post("/v1/recipes", headers=bearer(keys["qa"]), **asked).status_code == 403
        assert client.post("/v1/rolls/R1/dry-run", headers=bearer(keys["qa"]), json={"text": ONE}).status_code == 403
        assert client.get("/v1/recipes", headers=bearer(keys["qa"])).json() == []
        answer = client.post("/v1/recipes", headers=bearer(keys["engineer"]), **asked)
    assert answer.json()["activation"]["by"] == f"key {keys['engineer']['key_id']}"


def dry_run(client: httpx.Client, roll: str, text: str) -> httpx.Response:
    return client.post(f"/v1/rolls/{roll}/dry-run", json={"text": text}, timeout=120)


def test_a_running_station_tells_what_another_recipe_would_change(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        for sequence in range(4):
            post(client, draw(sequence, holes=sequence), sequence)
        answer = dry_run(client, "R1", TWO)
        assert answer.status_code == 200
        told = answer.json()
        assert (told["coverage"]["frames"], told["frames_held"], told["frames_changed"]) == (4, 4, 0)
        assert dry_run(client, "R7", TWO).json()["type"].endswith("unknown-roll")
        refused = dry_run(client, "R1", "[web")
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:coatsight:problem:unusable-recipe")
        path = file(tmp_path, "two.toml", TWO)
    assert called("recipe", "dry-run", "R1", path, "--data", tmp_path) == told


def test_dry_run_by_command_tells_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(tmp_path) as client:
        post(client, draw(1, holes=2), 0)
    path = file(tmp_path, "two.toml", TWO)
    code, out, err = told(capsys, "recipe", "dry-run", "R1", path, "--data", tmp_path)
    assert (code, "hold" in out) == (0, True)
    assert "0 of 1 frames would be judged otherwise" in err
    assert "only limits differ: records tell all of it" in err
    assert "held as before: not calibrated" in err
    assert told(capsys, "recipe", "dry-run", "R9", path, "--data", tmp_path)[0] == 2
