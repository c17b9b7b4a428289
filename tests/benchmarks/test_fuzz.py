"""Hostile bodies become sane frames or refusals, and what a decoder does wrong is seen whatever it is."""

from pathlib import Path

import pytest

from benchmarks import fuzz_worker
from benchmarks.fuzz import fuzz
from benchmarks.fuzz_worker import Share, run
from benchmarks.hostile_bodies import honest, hostile

SEED = 20_261_125


def test_a_few_hundred_hostile_bodies_do_no_harm(tmp_path: Path) -> None:
    rows = fuzz(600, SEED, 2, 5.0, tmp_path / "failures")
    assert [row for row in rows if row.met is False] == []
    assert not (tmp_path / "failures").exists()


def test_a_body_follows_from_its_seed_and_number() -> None:
    assert hostile(SEED, 17) == hostile(SEED, 17)
    assert len({hostile(SEED, index).body for index in range(200)}) > 180


def test_every_kind_of_body_is_in_the_stock() -> None:
    names = " ".join(posted.name for posted in honest())
    for kind in (
        "Mono10p",
        "Mono12p",
        "zstd BGR8",
        "png uint16",
        "jpeg",
        "tiff 5",
        "tiff 8",
        "tiff 32773",
        "bmp",
        "form",
    ):
        assert kind in names


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("import os; os.kill(os.getpid(), 11)", "died by SIGSEGV"),
        ("while True: pass", "more than 0.3 s"),
        ("raise ValueError('odd')", "ValueError: odd"),
    ],
)
def test_a_crash_a_hang_and_an_odd_error_are_found_and_the_body_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, told: str
) -> None:
    """The worker is given a decoder that fails on one body, by a module that stands before its own."""
    script = f"""
import json, sys
from benchmarks import fuzz_worker
honestly = fuzz_worker.outcome
def outcome(posted, settings):
    if posted == fuzz_worker.hostile({SEED}, 7):
        {body}
    return honestly(posted, settings)
fuzz_worker.outcome = outcome
for line in fuzz_worker.run(fuzz_worker.Share(**json.loads(sys.argv[1]))):
    print(json.dumps(line), flush=True)
"""
    (tmp_path / "broken.py").write_text(script)
    ordinary = fuzz_worker.arguments
    monkeypatch.setattr(
        "benchmarks.fuzz.arguments",
        lambda share: [ordinary(share)[0], str(tmp_path / "broken.py"), ordinary(share)[-1]],
    )
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    rows = fuzz(12, SEED, 1, 0.3, tmp_path / "failures")
    assert [row.what.split(" (")[0].endswith(told) for row in rows if row.measured == "failed"] == [True]
    assert (tmp_path / "failures" / f"{SEED}-7.body").read_bytes() == hostile(SEED, 7).body
    assert rows[0].measured == "12"


def test_a_frame_above_its_full_scale_is_no_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def insane(_frame: object, _settings: object) -> None:
        raise AssertionError("a grey level above 1023")

    monkeypatch.setattr(fuzz_worker, "check_sane", insane)
    monkeypatch.setattr(fuzz_worker, "_warm_up", lambda: None)
    at = tmp_path / "at"
    at.write_bytes(bytes(8))
    failures = [line for line in run(Share(SEED, 0, 30, 1, str(at), 5.0)) if "failure" in line]
    assert failures
    assert all("a grey level above 1023" in str(line["failure"]) for line in failures)
