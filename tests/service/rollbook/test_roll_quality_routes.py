"""Verdict, cuts and scrap as a plant asks for them: over HTTP from a real server, and by commands beside it."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from databases import Database
from fakes import draw, post, running
from rolls_by_hand import RollByHand, defect, writing

from service.cli import main

ROLLS = ("R1", "Rolle 7 ä")


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """A station with a roll that warns, one that is rejected, and one of a frame that is held."""
    folder = tmp_path_factory.mktemp("station")
    with writing(Database(folder)) as connection:
        for roll_id, to_m in zip(ROLLS, (20.001, 60.0), strict=True):
            roll = RollByHand(connection, roll_id)
            roll.open()
            roll.see(range(100))
            roll.measure()
            roll.run(range(100))
            roll.find(defect(20, to_m, "major", "streak"))
            roll.close()
    with running(folder, shifts="06:00 18:00", time_zone="Europe/Berlin") as client:
        assert post(client, draw(1), 0, roll="held").json()["verdict"] == "hold"
        yield client, folder


def asked(station: tuple[httpx.Client, Path], path: str, **query) -> httpx.Response:
    answer = station[0].get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer


def command(
    station: tuple[httpx.Client, Path], capsys: pytest.CaptureFixture[str], *words: object
) -> tuple[int, str, str]:
    code = main([str(word) for word in ("roll", *words, "--data", station[1])])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_verdict_is_told_by_lane_with_reasons(station) -> None:
    told = asked(station, "/v1/rolls/R1/verdict").json()
    assert (told["verdict"], told["still_open"], told["recipe_name"]) == ("warn", False, "default")
    assert [(lane["lane"], lane["verdict"]) for lane in told["lanes"]] == [(1, "warn"), (2, "pass")]
    assert told["reasons"] == ["lane 1: warn, major streak at 20.00 m"]
    assert asked(station, "/v1/rolls/Rolle 7 ä/verdict").json()["verdict"] == "reject"


def test_a_real_frame_without_a_calibration_holds_its_open_roll(station) -> None:
    told = asked(station, "/v1/rolls/held/verdict").json()
    assert (told["verdict"], told["still_open"]) == ("hold", True)
    assert any("held: not calibrated" in reason for reason in told["lanes"][0]["reasons"])


@pytest.mark.parametrize("what", ["verdict", "cuts", "scrap"])
def test_an_unknown_roll_is_a_404(station, what) -> None:
    refused = station[0].get(f"/v1/rolls/none/{what}")
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:coatsight:problem:unknown-roll")


def test_cuts_are_json_or_csv_as_the_format_or_the_accept_header_says(station) -> None:
    told = asked(station, "/v1/rolls/R1/cuts", reversed=True, head_cut_m=10, tail_cut_m=5).json()
    assert told["counted_from"] == "the coated end without 5 m cut off"
    assert [(cut["from_m"], cut["to_m"]) for cut in told["lanes"][0]["cuts"]] == [(74.899, 75.1)]
    by_format = asked(station, "/v1/rolls/R1/cuts", format="csv", reversed=True, head_cut_m=10, tail_cut_m=5)
    accept = {"Accept": "text/csv"}
    by_header = station[0].get("/v1/rolls/R1/cuts?reversed=true&head_cut_m=10&tail_cut_m=5", headers=accept)
    assert by_format.content == by_header.content
    assert by_header.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert by_header.headers["Content-Disposition"] == "attachment; filename*=UTF-8''R1-cuts.csv"
    rows = list(csv.DictReader(io.StringIO(by_header.text, newline="")))
    assert [(row["lane"], row["what"], row["from_m"]) for row in rows] == [
        ("1", "lane", "0.0000"),
        ("1", "cut", "74.8990"),
        ("2", "lane", "0.0000"),
    ]
    assert asked(station, "/v1/rolls/R1/cuts", format="json").headers["Content-Type"] == "application/json"


def test_cuts_of_one_lane_with_its_defects(station) -> None:
    told = asked(station, "/v1/rolls/R1/cuts", lane=1, defects=True).json()
    assert [(lane["lane"], len(lane["defects"])) for lane in told["lanes"]] == [(1, 1)]
    refused = station[0].get("/v1/rolls/R1/cuts", params={"lane": 3})
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:coatsight:problem:unknown-lane")


@pytest.mark.parametrize("query", [{"head_cut_m": -1}, {"stretch": "nan"}, {"lane": 0}, {"format": "xml"}])
def test_what_no_machine_can_mean_is_refused(station, query) -> None:
    assert station[0].get("/v1/rolls/R1/cuts", params=query).status_code == 422


def test_scrap_of_a_roll_names_its_factors_and_their_sources(station) -> None:
    told = asked(station, "/v1/rolls/R1/scrap").json()
    assert told["factors"]["cell_footprint"]["source"].startswith("Xu et al. 2022")
    assert told["total"]["inspected_m2"] == pytest.approx(40)
    assert told["total"]["rejected"]["m2"] == pytest.approx(0.201 * 0.2)


def test_scrap_of_a_period_by_the_plant_s_shifts(station) -> None:
    told = asked(station, "/v1/scrap", since="2030-01-01T00:00:00Z", until="2030-01-02T00:00:00Z", by="shift").json()
    assert [row["of"] for row in told["rows"]] == ["2030-01-01 06:00"]
    assert told["rolls"] == 2
    nothing = asked(station, "/v1/scrap", since="0001-01-01T00:00:00Z", until="0001-01-01T00:00:00+14:00").json()
    assert (nothing["rolls"], nothing["rows"]) == (0, [])
    assert station[0].get("/v1/scrap", params={"by": "week"}).status_code == 422
    assert station[0].get("/v1/scrap", params={"since": "yesterday"}).status_code == 422


def test_a_factor_without_a_source_is_told_by_route_and_command_in_one_sentence(station, capsys) -> None:
    file = station[1] / "factors.toml"
    file.write_text("[default.material]\nlow = 1\nmid = 2\nhigh = 3\n")
    try:
        refused = station[0].get("/v1/rolls/R1/scrap")
        code, out, err = command(station, capsys, "factors")
    finally:
        file.unlink()
    told = "default.material: expected the source of these figures, got none: say where they come from"
    assert (refused.status_code, refused.json()["title"]) == (500, "The plant's factors cannot be counted with")
    assert told in refused.json()["detail"]
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err


@pytest.mark.parametrize(("roll", "code"), [(ROLLS[0], 0), (ROLLS[1], 1), ("held", 1)])
def test_the_verdict_command_ends_with_1_where_the_answer_is_no(station, capsys, roll, code) -> None:
    ended, out, _ = command(station, capsys, "verdict", roll, "--json")
    assert ended == code
    assert json.loads(out)["verdict"] == {ROLLS[0]: "warn", ROLLS[1]: "reject", "held": "hold"}[roll]
    assert command(station, capsys, "verdict", roll)[0] == code


def test_the_commands_tell_what_the_routes_tell(station, capsys) -> None:
    assert (
        json.loads(command(station, capsys, "verdict", "R1", "--json")[1])
        == asked(station, "/v1/rolls/R1/verdict").json()
    )
    turned = ("--reversed", "--turned-round", "--stretch", "1.001", "--defects")
    query = {"reversed": True, "turned_round": True, "stretch": 1.001, "defects": True}
    of_route = asked(station, "/v1/rolls/R1/cuts", **query)
    assert json.loads(command(station, capsys, "cuts", "R1", *turned, "--json")[1]) == of_route.json()
    assert (
        command(station, capsys, "cuts", "R1", *turned, "--csv")[1]
        == asked(station, "/v1/rolls/R1/cuts", format="csv", **query).text
    )
    assert (
        json.loads(command(station, capsys, "scrap", "R1", "--json")[1]) == asked(station, "/v1/rolls/R1/scrap").json()
    )


def test_the_commands_print_tables_for_people(station, capsys) -> None:
    assert "major streak" in command(station, capsys, "verdict", "R1")[1]
    assert "in metres from the coated start" in command(station, capsys, "cuts", "R1")[1]
    _, out, _ = command(station, capsys, "scrap", ROLLS[1])
    assert "good, had the line been stopped a metre after it began" in out
    code, out, _ = command(station, capsys, "scrap", "--since", "2030-01-01", "--until", "2030-01-02", "--by", "lane")
    assert (code, "lane 1" in out, "the whole period" in out) == (0, True, True)
    _, out, err = command(station, capsys, "factors", "--product", "nmc")
    assert "Xu et al. 2022" in out.replace("\n", " ")
    assert "those under default hold" in err
    assert "kg CO2e and" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("verdict", "none"), "there is none of the name none"),
        (("cuts", "R1", "--lane", "9"), "expected a lane of the roll, which has 1, 2, got 9"),
        (("scrap", "--by", "week"), "expected --by roll, lane, shift, day, got 'week'"),
        (("scrap", "--since", "yesterday"), "expected --since like 2030-01-31"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(station, capsys, words, told) -> None:
    code, _, err = command(station, capsys, *words)
    assert (code, err.count("\n")) == (2, 1)
    assert told in err
