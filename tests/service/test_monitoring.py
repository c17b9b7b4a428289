"""The dashboard and the alerts ask for what a station tells, and all that it tells is explained."""

import json
import re
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
import yaml
from fakes import draw, post, running
from prometheus_client.parser import text_string_to_metric_families

from inspection.calibrating import calibrate
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.record import CalibrationRef, FrameRecord, ModelRef, RecipeRef
from inspection.verdict import Verdict
from service.metrics import MOST_CAMERAS, OTHER, Metrics

FOLDER = files("service") / "monitoring"
OF_PROMETHEUS = {"le", "instance", "job", "line"}
"""Labels that are no station's own: of buckets, and of the target."""


def dashboard() -> Iterator[str]:
    told = json.loads((FOLDER / "dashboard.json").read_text())
    for panel in told["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for variable in told["templating"]["list"][1:]:
        yield re.sub(r"label_values\((.*), (\w+)\)", r"sum by (\2) (\1)", variable["definition"])


def alerts() -> Iterator[str]:
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


EXPRESSIONS = [*dashboard(), *alerts()]
SELECTOR = re.compile(r"\b((?:coatsight|process)_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\b(?:by|on|group_left|without) ?\(([^)]*)\)")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every sample's name with its labels, of a station that has seen a frame, a refusal and a repeat."""
    folder = tmp_path_factory.mktemp("station")
    frames = [Frame(draw(900 + n)) for n in range(8)]
    calibrate(frames, Placement(), camera="cam-1").save(folder / "calibrations" / "cam-1" / "1.npz")
    with running(folder, deadline_ms=30_000) as client:
        assert [post(client, draw(1), 0).status_code for _ in range(2)] == [200, 200]
        assert post(client, draw(2), 1, width=7).status_code == 422
        until = time.monotonic() + 30
        while "coatsight_input_alarm{" not in (text := client.get("/metrics").text) and time.monotonic() < until:
            time.sleep(0.02)
    told: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            told.setdefault(sample.name, set()).update(sample.labels)
    return told


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_asks_for_names_and_labels_that_a_station_tells(
    expression: str, samples: dict[str, set[str]]
) -> None:
    labels: set[str] = set()
    for name, selected in SELECTOR.findall(expression):
        assert name in samples
        wanted = set(re.findall(r"(\w+) ?(?:=~|!~|!=|=)", selected))
        assert wanted <= samples[name] | OF_PROMETHEUS
        labels |= samples[name]
    for grouped in GROUPED.findall(expression):
        assert {label.strip() for label in grouped.split(",")} - {""} <= labels | OF_PROMETHEUS


def test_hardly_an_expression_asks_for_nothing() -> None:
    assert [expression for expression in EXPRESSIONS if not SELECTOR.search(expression)] == ['up{job="coatsight"} == 0']


def test_every_metric_of_a_station_is_told_in_the_table_with_its_labels(samples: dict[str, set[str]]) -> None:
    rows = re.findall(r"^\| `(coatsight_\w+)` \| ([^|]*)\|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    told = {name: {label.strip() for label in labels.split(",")} - {""} for name, labels in rows}
    exposed = {
        re.sub(r"(?<=_seconds)_(bucket|count|sum)$", "", name): labels - {"le"}
        for name, labels in samples.items()
        if name.startswith("coatsight_")
    }
    shadow = "coatsight_shadow_candidates_total"  # only there when a shadow looks on
    assert {name: labels for name, labels in told.items() if name != shadow} == exposed


def test_the_example_scrapes_where_a_station_tells_and_reads_the_rules_beside_it() -> None:
    told = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (scrape,) = told["scrape_configs"]
    assert (scrape["job_name"], scrape["metrics_path"]) == ("coatsight", "/metrics")
    assert [name for name in told["rule_files"] if not (Path(str(FOLDER)) / name).exists()] == []


def test_the_dashboard_lays_no_panel_over_another() -> None:
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        grid = panel["gridPos"]
        cells = {(grid["x"] + dx, grid["y"] + dy) for dx in range(grid["w"]) for dy in range(grid["h"])}
        assert not cells & taken
        assert grid["x"] + grid["w"] <= 24
        taken |= cells


def test_cameras_beyond_the_first_ones_are_counted_together() -> None:
    metrics = Metrics()
    record = FrameRecord(
        verdict=Verdict.PASS, reasons=(), defects=(), events=(), lanes=(), timing_ms={},
        recipe=RecipeRef("default", 1), calibration=CalibrationRef(1), model=ModelRef("fake", "1", "f" * 64),
    )  # fmt: skip
    for n in range(MOST_CAMERAS + 10):
        metrics.answered(f"cam-{n}", record, {"queue": 1.0})
        metrics.refused("queue-full", f"cam-{n}")
    text = metrics.text().decode()
    assert f'coatsight_frames_total{{camera="cam-{MOST_CAMERAS - 1}",verdict="pass"}} 1.0' in text
    assert f'coatsight_frames_total{{camera="{OTHER}",verdict="pass"}} 10.0' in text
    assert f'coatsight_refusals_total{{camera="{OTHER}",cause="queue-full"}} 10.0' in text
    assert len(metrics.cameras) == MOST_CAMERAS
