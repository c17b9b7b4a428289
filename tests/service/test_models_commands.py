"""`coatsight models`: said in one line, told in tables and JSON."""

import json

import pytest
from fakes import draw, post
from fastapi.testclient import TestClient
from model_variants import KINDS, NAMED_OTHERWISE, put_golden_set, variant
from people import called

from models.registry import shipped_model, summarise
from service.app import create_app
from service.cli import main
from service.settings import Settings

SHIPPED = summarise(shipped_model())


@pytest.fixture
def data(tmp_path):
    put_golden_set(tmp_path / "station")
    return tmp_path / "station"


@pytest.fixture
def call(capsys, data):
    """Run a command on the station; return its exit code, what it printed, and what it said about it."""

    def run(*arguments):
        code = main(["models", *map(str, arguments), "--data", str(data)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def roles(call):
    def told():
        listed = json.loads(call("list", "--json")[1])["models"]
        return {each["version"]: each["roles"] for each in listed}

    return told


def test_the_list_tells_everything_of_the_shipped_model(call):
    code, out, err = call("list")
    assert (code, err) == (0, "")
    for told in (SHIPPED.version, SHIPPED.sha256[:12], SHIPPED.precision, f"{SHIPPED.accuracy:.1%}", "shipped, in use"):
        assert told in out
    (listed,) = json.loads(call("list", "--json")[1])["models"]
    assert listed["kinds"] == list(KINDS)
    assert listed["accuracy"] == SHIPPED.accuracy


def test_what_becomes_of_models_stands_in_the_audit_trail(call, data, tmp_path):
    call("promote", variant(tmp_path, "77"))
    call("shadow", variant(tmp_path, "78"))
    call("shadow", "off")
    call("rollback")
    rows = called("audit", "--data", data)
    assert [(row["verb"], row["subject"]) for row in rows] == [
        ("model promoted", "model coating-77"),
        ("shadow cast", "model coating-78"),
        ("shadow ended", "models"),
        ("model rolled back", f"model {shipped_model().stem}"),
    ]
    assert "macro F1" in rows[0]["details"]["compared"]


def test_promote_and_rollback_say_when_they_count(call, roles, tmp_path):
    code, out, err = call("promote", variant(tmp_path, "77"))
    assert (code, out) == (0, "")
    assert "macro F1 1.0000 on the golden set of 64" in err
    assert "promoted coating 77: a running station takes it at its next start" in err
    assert roles() == {SHIPPED.version: ["shipped"], "77": ["in use"]}
    code, _, err = call("rollback")
    assert code == 0
    assert f"back to coating {SHIPPED.version}: a running station takes it at its next start" in err
    assert roles() == {SHIPPED.version: ["shipped", "in use"], "77": []}


def test_a_worse_model_is_no_unless_somebody_insists(call, roles, tmp_path):
    worse = variant(tmp_path, "78", kinds=NAMED_OTHERWISE)
    code, _, err = call("promote", worse)
    assert code == 1
    assert err.startswith("not promoted: expected a model no worse")
    assert roles() == {SHIPPED.version: ["shipped", "in use"]}
    code, _, err = call("promote", worse, "--anyway")
    assert code == 0
    assert err.startswith("promoted anyway: ")


@pytest.mark.parametrize("wrong", [["promote", "none.onnx"], ["shadow", "none.onnx"], ["rollback"], ["promote"]])
def test_a_wrong_call_is_told_in_one_line(call, wrong):
    code, out, err = call(*wrong)
    assert (code, out) == (2, "")
    assert err.startswith("coatsight: ")
    assert err.count("\n") == 1


def test_a_setting_that_outranks_a_promotion_is_told(call, roles, tmp_path, monkeypatch):
    monkeypatch.setenv("COATSIGHT_MODEL", str(variant(tmp_path, "5")))
    _, _, err = call("promote", variant(tmp_path, "77"))
    assert "warning: COATSIGHT_MODEL names" in err
    assert roles() == {SHIPPED.version: ["shipped"], "77": [], "5": ["in use"]}


def test_the_list_tells_what_a_shadow_named_otherwise(call, data, tmp_path):
    code, _, err = call("shadow", variant(tmp_path, "78", kinds=NAMED_OTHERWISE))
    assert code == 0
    assert "coating 78 names beside the model in use from the station's next start, and judges nothing" in err
    assert "shadow: 0 of 0 named otherwise" in call("list")[2]
    with TestClient(create_app(Settings(data_dir=data))) as client:
        found = len(post(client, draw(1, holes=3), 0).json()["defects"])
    assert found
    _, out, err = call("list")
    assert f"shadow: {found} of {found} named otherwise" in err
    assert "shadow" in out
    assert call("shadow", "off")[0] == 0
    assert json.loads(call("list", "--json")[1])["shadow"] is None


def test_a_damaged_card_hides_no_other_model(call, data, tmp_path):
    call("promote", variant(tmp_path, "77"))
    (data / "models" / "coating-77.json").write_text("{")
    code, out, _ = call("list")
    assert code == 0
    assert SHIPPED.sha256[:12] in out
    assert "expected a model's card" in out


def test_a_store_that_knows_no_shadow_yet_is_told(call, data, tmp_path):
    call("shadow", variant(tmp_path, "78"))
    for path in data.glob("station.sqlite*"):
        path.unlink()
    (data / "station.sqlite").touch()
    code, _, err = call("list")
    assert code == 0
    assert "start the station once" in err
