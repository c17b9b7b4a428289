"""Every route answers as the OpenAPI document says, whatever it is asked; new routes are asked by themselves."""

from pathlib import Path

from fakes import draw, post, running

from benchmarks.api_fuzz import asked, operations, streaming


def test_no_route_fails_or_answers_otherwise_than_documented(tmp_path: Path) -> None:
    with running(tmp_path, body_timeout_s=2, deadline_ms=60_000) as client:
        url = str(client.base_url)
        frame_id = post(client, draw(1, holes=2), 0).json()["frame_id"]
        rows = asked(url, 1, 8)
        rows += asked(url, 1, 8, {"frame_id": frame_id, "camera_id": "cam-1", "roll_id": "R1"})
    assert [row for row in rows if row.met is False] == []


def test_every_route_is_asked_but_those_that_never_end(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        document = client.get("/openapi.json").json()
    assert streaming(document) == ["/v1/live"]
    assert ("post", "/v1/cameras/{camera_id}/frames") in operations(document)
    assert len(operations(document)) == sum(map(len, document["paths"].values())) - 1


def test_a_frame_id_that_no_frame_can_have_is_malformed(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        assert client.get(f"/v1/frames/{2**63:016x}").status_code == 422
        assert client.get(f"/v1/frames/{2**63 - 1:016x}").status_code == 404


def test_a_method_that_a_route_has_not_is_told_which_it_has(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        refused = client.delete("/v1/cameras")
        both = client.put("/v1/rolls")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET")
    assert (both.status_code, both.headers["Allow"]) == (405, "GET, POST")


def test_an_address_of_several_routes_tells_the_methods_of_all_of_them(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        assert client.delete("/v1/recipes").headers["Allow"] == "GET, POST"
        assert client.delete("/v1/recipes/check").headers["Allow"] == "POST"
        assert client.delete("/v1/recipes/graphite").headers["Allow"] == "GET"
