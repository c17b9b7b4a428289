"""The command line answers in tables, JSON and exit codes, and tells a wrong call in one line."""

import json
import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections import defaultdict
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import cv2
import google_crc32c
import numpy as np
import pytest

import service.commands.inspect as inspect_command
from inspection.calibration import Calibration
from inspection.candidates import CHANNELS, FEATURES
from inspection.classification import Classifier
from inspection.defect import Kind
from inspection.geometry import Placement
from inspection.onnx_model import Card
from inspection.synthetic.plan import clean, kinds
from inspection.synthetic.product import PRODUCTS
from inspection.synthetic.web import SyntheticWeb
from service.cli import main

ROOT = Path(__file__).parents[2]
COLUMNS, ROWS = 768, 256


class EverythingIsAStain:
    """A stain is minor: a warning by the default recipe, a reject by the strict one below."""

    def probabilities(self, crops, features):
        return np.tile(np.float32([0.1, 0.9]), (len(crops), 1))


def fake_classifier(path):
    card = Card("fake", "1", "0" * 64, "fp32", ("bare_spot", "stain"), CHANNELS, FEATURES, 0.5)
    return Classifier(EverythingIsAStain(), card)


@pytest.fixture(autouse=True)
def _quick_classifier(monkeypatch):
    monkeypatch.setattr(inspect_command, "load_classifier", fake_classifier)


def draw(folder, seed, plan, count):
    folder.mkdir(parents=True)
    web = SyntheticWeb(PRODUCTS["nmc"], seed, columns=COLUMNS, rows=ROWS, plan=plan, camera_seed=1)
    for index in range(count):
        assert cv2.imwrite(str(folder / f"{index:03d}.png"), web.frame(index).frame.pixels)
    return folder


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with frames to calibrate on, two of them again, and bad ones."""
    folder = tmp_path_factory.mktemp("drawn")
    draw(folder / "ordinary", 1, clean(), 12)
    draw(folder / "clean", 1, clean(), 2)
    draw(folder / "bad", 3, kinds(Kind.BARE_SPOT, 2), 2)
    return folder


@pytest.fixture(scope="module")
def station(drawn, tmp_path_factory):
    """A station's folder with a calibration of cam-1."""
    data = tmp_path_factory.mktemp("station")
    assert main(["calibrate", str(drawn / "ordinary"), "--camera", "cam-1", "--data", str(data)]) == 0
    return data


@pytest.fixture
def strict(tmp_path):
    """A recipe that rejects the least defect."""
    path = tmp_path / "strict.toml"
    path.write_text('name = "strict"\nversion = 2\n[verdict]\nminor = "reject"\n')
    return path


@pytest.fixture
def call(capsys):
    """Run a command; return its exit code, what it printed, and what it said about it."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out, printed.err

    return run


def one_line(message):
    return message.startswith("coatsight: ") and message.count("\n") == 1


# Help


def test_help_comes_quickly_and_without_the_pipeline():
    program = (
        "import sys; from service.cli import main; main(['--help']); "
        "sys.exit(bool({'numpy', 'cv2', 'numba', 'fastapi', 'pydantic', 'onnxruntime'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    for command in ("inspect", "calibrate", "serve", "simulate", "demo"):
        assert command in ran.stdout


@pytest.mark.parametrize("command", ["inspect", "calibrate", "serve", "simulate", "demo"])
def test_each_command_explains_itself(call, command):
    code, out, _ = call(command, "--help")
    assert code == 0
    assert "Usage: coatsight " + command in out


@pytest.mark.parametrize(
    "wrong",
    [
        ["nonsense"],
        ["inspect"],
        ["inspect", "x.png", "--colour"],
        ["inspect", "x.png", "--mm-per-px", "0"],
        ["inspect", "x.png", "--camera", "cam-1"],
        ["inspect", "x.png", "--calibration", "missing.npz"],
        ["inspect", "x.png", "--recipe", "missing.toml"],
        ["inspect", "x.png", "--camera", "cam-1", "--data", "nowhere"],
        ["calibrate", "x.png", "--camera", "../cam-1", "--data", "nowhere"],
        ["calibrate", "x.png", "--camera", "cam-1", "--data", "nowhere"],
        ["serve"],
        ["simulate", "--frames", "1", "--url", "ftp://127.0.0.1"],
        ["simulate", "--frames", "1", "--url", "http://127.0.0.1:9"],
        ["demo", "--frames", "0"],
    ],
)
def test_a_wrong_call_is_told_in_one_line(call, wrong):
    code, out, err = call(*wrong)
    assert code == 2
    assert out == ""
    assert one_line(err)


def test_a_call_without_arguments_teaches(call):
    code, out, err = call()
    assert code == 2
    assert "coatsight demo" in out
    assert err == ""


# calibrate


def test_calibrating_tells_what_was_learnt_and_keeps_it(call, drawn, tmp_path):
    arguments = [
        "calibrate",
        drawn / "ordinary",
        "--camera",
        "cam-7",
        "--mm-per-px",
        "0.1",
        "--data",
        tmp_path,
    ]
    code, out, _ = call(*arguments, "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["camera"], told["version"], told["frames"]) == ("cam-7", 1, 12)
    ((left, right),) = 0.1 * PRODUCTS["nmc"].lanes_px(COLUMNS)
    assert told["lanes"][0]["left_mm"] == pytest.approx(left, abs=0.5)
    assert told["lanes"][0]["right_mm"] == pytest.approx(right, abs=0.5)
    kept = Calibration.load(tmp_path / "calibrations" / "cam-7" / "1.npz")
    assert (kept.camera, kept.version, kept.placement.mm_per_px_down) == ("cam-7", 1, 0.1)


def test_a_camera_beside_another_is_calibrated_where_it_looks(call, drawn, tmp_path):
    place = ("--cross-offset-mm", 400.5, "--mirrored", "--bottom")
    code, out, _ = call("calibrate", drawn / "ordinary", "--camera", "cam-2", "--data", tmp_path, *place, "--json")
    assert code == 0
    kept = Calibration.load(tmp_path / "calibrations" / "cam-2" / "1.npz")
    assert kept.placement == Placement(0.05, 0.05, 400.5, True, "bottom")
    left, right = 0.05 * PRODUCTS["nmc"].lanes_px(COLUMNS)[0]
    told = json.loads(out)["lanes"][0]
    assert told["left_mm"] == pytest.approx(400.5 + 0.05 * COLUMNS - right, abs=0.5)
    assert told["right_mm"] == pytest.approx(400.5 + 0.05 * COLUMNS - left, abs=0.5)


def test_each_calibration_is_a_new_version_and_leaves_no_drafts(call, drawn, tmp_path):
    folder = tmp_path / "calibrations" / "cam-1"
    folder.mkdir(parents=True)
    (folder / "9.npz").write_bytes(b"an older one")
    code, out, err = call("calibrate", drawn / "ordinary", "--camera", "cam-1", "--data", tmp_path)
    assert code == 0
    assert "calibration 10" in out
    assert "12 frames make a rough calibration" in err
    assert sorted(path.name for path in folder.iterdir()) == ["10.npz", "9.npz"]
    assert (folder / "9.npz").read_bytes() == b"an older one"
    assert Calibration.load(folder / "10.npz").version == 10


def test_one_bad_frame_stops_a_calibration_before_anything_is_kept(call, drawn, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes((drawn / "clean" / "000.png").read_bytes()[:1000])
    code, _, err = call("calibrate", drawn / "ordinary", bad, "--camera", "cam-1", "--data", tmp_path / "data")
    assert code == 2
    assert one_line(err)
    assert "bad.png" in err
    assert not (tmp_path / "data").exists()


# inspect


def test_nothing_worse_than_warn_ends_with_0(call, drawn, station):
    images = [drawn / "clean", drawn / "bad"]
    code, out, _ = call("inspect", *images, "--camera", "cam-1", "--data", station, "--json")
    told = json.loads(out)
    assert {one["verdict"] for one in told} == {"pass", "warn"}
    assert [one["verdict"] for one in told[2:]] == ["warn", "warn"]
    assert [Path(one["file"]).name for one in told] == ["000.png", "001.png"] * 2
    assert all(one["calibrated"] and one["calibration"] == {"version": 1} for one in told)
    assert code == 0


def test_a_reject_ends_with_1(call, drawn, station, strict):
    code, out, _ = call("inspect", drawn / "bad", "--camera", "cam-1", "--data", station, "--recipe", strict)
    assert code == 1
    assert out.count("reject") == 2
    assert "stain" in out


def test_what_is_not_calibrated_is_held(call, drawn):
    code, out, _ = call("inspect", drawn / "clean" / "000.png", "--json")
    (told,) = json.loads(out)
    assert (code, told["verdict"], told["calibrated"]) == (1, "hold", False)
    assert told["reasons"][0] == "not calibrated"


def test_a_file_that_cannot_be_read_beats_a_reject_and_stops_nothing(call, drawn, station, strict, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes((drawn / "clean" / "000.png").read_bytes()[:-20])
    empty = tmp_path / "empty"
    empty.mkdir()
    images = [broken, tmp_path / "missing.png", empty, drawn / "bad" / "000.png"]
    sources = ["--camera", "cam-1", "--data", station, "--recipe", strict]
    code, out, err = call("inspect", *images, *sources, "--json")
    told = json.loads(out)
    assert code == 2
    assert err == ""
    assert ["error" in one for one in told] == [True, True, True, False]
    assert told[3]["verdict"] == "reject"
    assert "verdict" not in told[0]


def test_what_lies_beside_the_images_is_used_and_named(call, drawn, station, tmp_path):
    images = draw(tmp_path / "sample", 1, clean(), 1)
    (images / "calibration.npz").write_bytes((station / "calibrations" / "cam-1" / "1.npz").read_bytes())
    (images / "recipe.toml").write_text('name = "sample"\nversion = 4\n')
    code, out, err = call("inspect", images, "--json")
    (told,) = json.loads(out)
    assert code == 0
    assert told["recipe"] == {"name": "sample", "version": 4}
    assert "calibration.npz" in err
    assert "recipe.toml" in err


def test_what_the_call_names_goes_before_what_lies_beside(call, drawn, station, tmp_path):
    images = draw(tmp_path / "sample", 1, clean(), 1)
    (images / "calibration.npz").write_bytes(b"not to be read")
    (images / "recipe.toml").write_text("not to be read")
    other = tmp_path / "other.toml"
    other.write_text('name = "other"\nversion = 1\n')
    calibration = station / "calibrations" / "cam-1" / "1.npz"
    code, out, err = call("inspect", images, "--calibration", calibration, "--recipe", other, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)[0]["recipe"]["name"] == "other"


def test_a_scale_that_contradicts_the_calibration_is_an_error(call, drawn, station):
    arguments = ["inspect", drawn / "clean", "--camera", "cam-1", "--data", station, "--mm-per-px"]
    assert call(*arguments, "0.05")[0] == 0
    code, out, _ = call(*arguments, "0.1", "--json")
    assert code == 2
    assert "0.05 mm per pixel" in json.loads(out)[0]["error"]


def test_overlays_lie_in_their_own_folder(call, drawn, station, tmp_path):
    same_name = draw(tmp_path / "again", 3, clean(), 1)
    images, seen = [drawn / "bad", same_name], tmp_path / "seen"
    code, out, _ = call("inspect", *images, "--camera", "cam-1", "--data", station, "--overlay", seen, "--json")
    assert code == 0
    told = [Path(one["overlay"]) for one in json.loads(out)]
    assert len(set(told)) == 3
    for path in told:
        picture = cv2.imread(str(path))
        assert picture.shape[1] == COLUMNS
        assert picture.shape[0] > ROWS


def test_overlays_never_go_among_the_images(call, drawn):
    before = sorted((drawn / "bad").iterdir())
    code, _, err = call("inspect", drawn / "bad", "--overlay", drawn / "bad")
    assert code == 2
    assert one_line(err)
    assert sorted((drawn / "bad").iterdir()) == before


def test_a_reader_that_leaves_early_sees_no_traceback(drawn):
    program = (
        "import sys; import service.commands.terminal as t; from service.cli import main, app; "
        "app.command('flood')(lambda: [t.print_json('x' * 10000) for _ in range(1000)] and 0); "
        "sys.exit(main(['flood']))"
    )
    ran = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "$0" | head -c 10', program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""


# simulate


class Station(ThreadingHTTPServer):
    """Speaks the frames' route by a script: what it answers at the n-th try of a sequence number."""

    daemon_threads = True

    def __init__(self, script=lambda sequence, attempt: 200):
        super().__init__(("127.0.0.1", 0), StationHandler)
        self.script, self.tries, self.frames = script, defaultdict(int), {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class StationHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, {"path": self.path})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        sequence = int(query["sequence"])
        attempt = self.server.tries[sequence]
        self.server.tries[sequence] += 1
        headers = {name.lower(): value for name, value in self.headers.items()}
        code = self.server.script(sequence, attempt)
        if code == 200:
            self.server.frames[sequence] = (address.path, query, headers, body)
            self.answer(200, {"verdict": "pass"})
        else:
            self.answer(code, {"title": "No", "detail": "for a test", "retry_after_ms": 20})

    def answer(self, code, content):
        told = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def scripted():
    """Start a station by a script."""
    started = []

    def start(*script):
        station = Station(*script)
        started.append(station)
        threading.Thread(target=station.serve_forever, daemon=True).start()
        return station

    yield start
    for station in started:
        station.shutdown()
        station.server_close()


SMALL = ["--columns", "512", "--rows", "64", "--product", "nmc"]


def test_simulated_frames_are_what_a_camera_sends(call, scripted):
    station = scripted()
    code, out, _ = call("simulate", "--url", station.url, "--frames", 30, "--roll", "R 1/2", "--json", *SMALL)
    told = json.loads(out)
    assert code == 0
    assert (told["sent"], told["answered"], told["lost"]) == (30, 30, 0)
    assert told["verdicts"] == {"pass": 30}
    assert 0 < told["ms"]["p50"] <= told["ms"]["p95"] <= told["ms"]["p99"] <= told["ms"]["max"]
    assert sorted(station.frames) == list(range(30))
    path, query, headers, body = station.frames[17]
    assert path == "/v1/cameras/cam-1/frames"
    assert query["roll"] == "R 1/2"
    assert (query["width"], query["height"], query["pixel_format"]) == ("512", "64", "Mono8")
    assert float(query["position_mm"]) == pytest.approx(17 * 64 * 0.05)
    assert headers["content-type"] == "application/octet-stream"
    assert "authorization" not in headers
    assert len(body) == 512 * 64
    crc = google_crc32c.value(body).to_bytes(4, "big")
    assert headers["content-digest"] == f"crc32c=:{b64encode(crc).decode()}:"
    assert all(station.frames[index][3] != station.frames[index + 1][3] for index in range(29))


def test_the_pace_is_the_web_s(call, scripted):
    station = scripted()
    # 64 lines of 0.05 mm at 9.6 m/min are 20 ms.
    code, out, _ = call("simulate", "--url", station.url, "--frames", 25, "--speed-m-min", 9.6, "--json", *SMALL)
    assert json.loads(out)["frame_ms"] == pytest.approx(20.0)
    times = [query["captured_at"] for _, query, _, _ in map(station.frames.get, (0, 24))]
    first, last = map(datetime.fromisoformat, times)
    assert (last - first).total_seconds() == pytest.approx(24 * 0.020, rel=0.3)
    assert code == 0


def test_a_busy_station_is_asked_again(call, scripted):
    station = scripted(lambda sequence, attempt: 503 if sequence % 5 == 0 and attempt < 2 else 200)
    code, out, _ = call("simulate", "--url", station.url, "--frames", 10, "--json", *SMALL)
    told = json.loads(out)
    assert (code, told["answered"], told["refused"], told["lost"]) == (0, 10, 4, 0)
    assert told["ms"]["max"] >= 40
    assert told["late"] >= 2


def test_a_frame_refused_for_good_is_lost_and_ends_with_1(call, scripted):
    station = scripted(lambda sequence, attempt: 409 if sequence == 3 else 200)
    code, out, _ = call("simulate", "--url", station.url, "--frames", 6, "--json", *SMALL)
    told = json.loads(out)
    assert (code, told["answered"], told["lost"]) == (1, 5, 1)
    assert told["problems"] == {"409 No: for a test": 1}
    assert station.tries[3] == 1


def test_a_simulated_camera_can_be_calibrated_first(call, scripted, tmp_path):
    station = scripted()
    arguments = ["simulate", "--url", station.url, "--frames", 2, "--calibration-frames", 8]
    code, out, err = call(*arguments, "--data", tmp_path, *SMALL)
    assert code == 0
    assert "answered" in out
    assert "calibrated cam-1 on 8 drawn frames" in err
    assert Calibration.load(tmp_path / "calibrations" / "cam-1" / "1.npz").columns == 512
    code, _, err = call(*arguments, *SMALL)
    assert code == 2
    assert one_line(err)


def test_a_station_with_keys_is_shown_one(call, scripted, monkeypatch):
    monkeypatch.setenv("COATSIGHT_KEY", "a secret")
    station = scripted()
    assert call("simulate", "--url", station.url, "--frames", 1, *SMALL)[0] == 0
    assert station.frames[0][2]["authorization"] == "Bearer a secret"


def test_an_unknown_product_is_told_with_the_known_ones(call, scripted):
    code, _, err = call("simulate", "--url", scripted().url, "--frames", 1, "--product", "paper")
    assert code == 2
    assert "graphite" in err


# serve and demo


def test_a_port_in_use_is_told_in_one_line(call, scripted, tmp_path):
    code, _, err = call("serve", "--data", tmp_path, "--port", scripted().server_port)
    assert code == 2
    assert one_line(err)


def test_a_wrong_setting_is_told_by_its_name(call, tmp_path, monkeypatch):
    monkeypatch.setenv("COATSIGHT_WORKERS", "many")
    code, _, err = call("serve", "--data", tmp_path)
    assert code == 2
    assert one_line(err)
    assert "COATSIGHT_WORKERS" in err


def test_the_demo_runs_a_real_station_and_stops_it(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "service.cli", "demo", "--frames", "12", "--port", "0"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Open http://127.0.0.1:" in ran.stderr
    assert "frames sent" in ran.stdout
    assert list(tmp_path.iterdir()) == []
