"""Training from folders of pictures, on sets so small that seconds are enough."""

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from inspection.errors import InputError  # noqa: E402
from models import picture_training  # noqa: E402
from models.picture_export import check_target, export  # noqa: E402
from models.picture_fitting import best_temperature  # noqa: E402
from models.picture_network import Answering, PictureNetwork  # noqa: E402
from models.picture_training import Training, evaluate_splits, fit, learn, main, probabilities  # noqa: E402
from models.picture_variation import Variation, lit, mixed, moved  # noqa: E402
from models.pictures import read_folder  # noqa: E402
from models.registry import summarise  # noqa: E402

# One thread: tests run side by side, and threads that wait for each other's cores take ten times as long.
torch.set_num_threads(1)


@dataclass(frozen=True)
class Small(Training):
    """So little training that it ends in seconds."""

    side: int = 32
    epochs: int = 5
    batch: int = 16
    least_batches: int = 6


SMALL = Small()


def drawn(kind, rng):
    """Grain, with a dark spot or a bright line somewhere."""
    pixels = rng.normal(120, 12, (48, 48))
    row, column = rng.integers(12, 36, 2)
    if kind == "spot":
        cv2.circle(pixels, (int(column), int(row)), 6, 30, -1)
    else:
        cv2.line(pixels, (0, int(row)), (47, int(column)), 230, 3)
    return np.clip(pixels, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path, rng = tmp_path_factory.mktemp("kinds"), np.random.default_rng(5)
    for kind in ("line", "spot"):
        (path / kind).mkdir()
        for number in range(30):
            cv2.imwrite(str(path / kind / f"{number}.png"), drawn(kind, rng))
    return path


@pytest.fixture(scope="module")
def pictures(folder):
    return read_folder(folder, side=32)


@pytest.fixture(scope="module")
def network(pictures):
    return fit(pictures, np.ones(len(pictures), bool), SMALL)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(picture_training, "Training", Small)


def test_two_kinds_that_differ_are_told_apart(pictures):
    told = []
    evaluation = evaluate_splits(pictures, SMALL, 2, progress=lambda *done: told.append(done))
    assert evaluation.accuracies.mean() > 0.95
    assert set(evaluation.splits[0].recall_by_kind) == {"line", "spot"}
    assert (evaluation.splits[0].trained_on, evaluation.splits[0].measured_on) == (42, 18)
    assert told == [(done, 10) for done in range(1, 11)]


def test_the_same_seed_gives_the_same_network_and_another_another(pictures):
    mask, brief = np.arange(len(pictures)) % 2 == 0, replace(SMALL, epochs=1, least_batches=1)
    one, same, other = (
        probabilities(fit(pictures, mask, config), pictures, mask) for config in (brief, brief, replace(brief, seed=2))
    )
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)


def test_probabilities_do_not_depend_on_which_way_up_a_picture_is(network, pictures):
    turned = replace(pictures, grey=pictures.grey[:, ::-1].copy())
    mask = np.ones(len(pictures), bool)
    answers = probabilities(network, pictures, mask)
    assert answers.shape == (60, 2)
    assert np.allclose(answers.sum(axis=1), 1, atol=1e-5)
    apart = np.abs(answers - probabilities(network, turned, mask)).max()
    assert apart < 0.4  # four of the six views are the same ones


@pytest.mark.parametrize("side", [32, 96, 101])
def test_any_side_gives_finite_logits(side):
    logits = PictureNetwork(3, 100.0, 20.0, width=4)(torch.full((2, 1, side, side), 255.0))
    assert logits.shape == (2, 3)
    assert torch.isfinite(logits).all()


def test_the_exported_file_answers_as_the_network_does(network, pictures, tmp_path):
    from onnx.reference import ReferenceEvaluator  # noqa: PLC0415

    path = tmp_path / "kinds-7.onnx"
    export(network, pictures, path, {"metrics": {"held_out": {"accuracy": 0.9}}})
    onnx.checker.check_model(onnx.load(path), full_check=True)
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as stored:
        inputs, answers = stored["pictures"], stored["probabilities"]
    assert (inputs.shape, inputs.dtype, answers.shape) == ((16, 1, 32, 32), np.float32, (16, 2))
    (got,) = ReferenceEvaluator(str(path)).run(None, {"pictures": inputs[:5]})
    assert np.abs(got - answers[:5]).max() < 1e-4
    with torch.no_grad():
        assert np.allclose(Answering(network)(torch.from_numpy(inputs)).numpy(), answers, atol=1e-6)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["kinds-7.json", "kinds-7.npz", "kinds-7.onnx"]


def test_the_card_tells_what_the_model_is_and_is_not(network, pictures, tmp_path):
    path = tmp_path / "kinds.onnx"
    export(network, pictures, path, {"metrics": {"held_out": {"accuracy": 0.9}}})
    card = json.loads(path.with_suffix(".json").read_text())
    assert (card["name"], card["version"], card["kinds"], card["side"]) == ("kinds", "1", ["line", "spot"], 32)
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card["limits"][0] == "names whole pictures; a station's candidates need a model trained on candidates"
    assert summarise(path).accuracy == 0.9


def test_no_half_of_a_model_is_left_where_writing_fails(network, pictures, tmp_path, monkeypatch):
    def full(*_args, **_arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(InputError, match=r"room for a model at .*No space left"):
        export(network, pictures, tmp_path / "kinds.onnx", {})
    assert not list(tmp_path.iterdir())


def test_a_name_or_folder_that_cannot_hold_a_model_is_refused_before_training(tmp_path):
    with pytest.raises(InputError, match=r"ends in \.onnx"):
        check_target(tmp_path / "kinds.pt")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="folder that can be written to"):
        check_target(tmp_path / "file" / "kinds.onnx")


def test_the_command_measures_writes_and_prints_json(small, folder, tmp_path, capsys):
    out = tmp_path / "new" / "kinds-2.onnx"
    assert main(["--data", str(folder), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["splits"] == 1
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["metrics"]["held_out"] == told
    assert (card["trained_on"], told["trained_on"]) == (60, 42)
    assert (card["version"], card["training"]["variation"]["mixup_alpha"]) == ("2", 0.2)


def test_the_command_prints_a_table(small, folder, capsys):
    assert learn(folder, None, 1, 3, as_json=False) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in ("line", "spot", "all pictures", "1 random split"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(["--splits", "0"], "1 split or more"), (["--seed", "-1"], "seed from 0"), ([], "expected a folder at")],
)
def test_what_is_wrong_is_told_in_one_line(folder, tmp_path, capsys, wrong, told):
    data = folder if wrong else tmp_path / "none"
    assert main(["--data", str(data), *wrong]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert told in lines[0]


def test_an_interruption_ends_without_a_traceback(folder, capsys, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(picture_training, "read_folder", stop)
    assert learn(folder, None, 1, 1, as_json=False) == 130
    assert "stopped" in capsys.readouterr().err


def test_help_teaches_the_folder():
    asked = subprocess.run(
        [sys.executable, "-m", "models.picture_training", "--help"], capture_output=True, text=True, check=True
    )
    assert "DIR/scratch/a.png" in asked.stdout


def test_variation_keeps_shape_and_flat_pictures_flat():
    rng = np.random.default_rng(0)
    flat = torch.full((8, 1, 32, 32), 90.0)
    assert torch.allclose(moved(flat, Variation(), rng), flat, atol=1e-3)
    changed = lit(flat, 100.0, 10.0, Variation(), rng)
    assert changed.shape == flat.shape
    assert 100 - 1.25 * 10 - 3 <= changed.min() <= changed.max() <= 100 - 0.8 * 10 + 3


def test_without_scale_turn_or_shift_a_picture_is_mirrored_or_transposed_alone():
    still = Variation(nearest=1, farthest=1, turn_rad=0, shift=0)
    picture = np.arange(32 * 32, dtype=np.float32).reshape(32, 32)
    ways = [np.rot90(way, turn) for way in (picture, picture.T) for turn in range(4)]
    shown = moved(torch.from_numpy(np.tile(picture, (64, 1, 1, 1))), still, np.random.default_rng(0))[:, 0].numpy()
    seen = {min(range(8), key=lambda n, one=one: np.abs(one - ways[n]).max()) for one in shown}
    assert seen == set(range(8))
    assert max(min(np.abs(one - way).max() for way in ways) for one in shown) < 0.1


def test_mixed_targets_still_sum_to_one():
    targets = torch.eye(4)
    _, wanted = mixed(torch.zeros(4, 1, 32, 32), targets, Variation(), np.random.default_rng(0))
    assert torch.allclose(wanted.sum(1), torch.ones(4))
    assert mixed(targets, targets, Variation(mixup_alpha=0), np.random.default_rng(0))[1] is targets


def test_a_temperature_cools_what_was_too_sure_and_never_beyond_its_bounds():
    sure = torch.tensor([[[9.0, 0.0]], [[9.0, 0.0]], [[9.0, 0.0]]])
    assert best_temperature(sure, np.array([0, 0, 1])) == pytest.approx(5.0, abs=0.02)
    assert best_temperature(sure, np.array([0, 0, 0])) == pytest.approx(0.5, abs=0.02)
