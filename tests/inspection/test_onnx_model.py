"""Model files: only those that answer as their card says are let in."""

import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from inspection.candidates import CHANNELS, CROP_PX, FEATURES
from inspection.errors import ModelError
from inspection.onnx_model import LARGEST_BATCH, Card, OnnxNetwork, check_parity, load_network

KINDS = ("pinhole", "blister", "crack")
CROPS = (len(CHANNELS), CROP_PX, CROP_PX)


def built(seed=0) -> bytes:
    """A network of two layers: softmax(features x W + mean grey)."""
    weights = np.random.default_rng(seed).normal(size=(len(FEATURES), len(KINDS))).astype(np.float32)
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["crops"], ["grey"], axes=[2, 3], keepdims=0),
            helper.make_node("Slice", ["grey", "zero", "three", "one"], ["three_greys"]),
            helper.make_node("MatMul", ["features", "weights"], ["scores"]),
            helper.make_node("Add", ["scores", "three_greys"], ["sums"]),
            helper.make_node("Softmax", ["sums"], ["probabilities"], axis=1),
        ],
        "tiny",
        [
            tensor("crops", TensorProto.FLOAT, ["n", *CROPS]),
            tensor("features", TensorProto.FLOAT, ["n", len(FEATURES)]),
        ],
        [tensor("probabilities", TensorProto.FLOAT, ["n", len(KINDS)])],
        [
            helper.make_tensor("weights", TensorProto.FLOAT, weights.shape, weights.ravel()),
            *(
                helper.make_tensor(name, TensorProto.INT64, [1], [value])
                for name, value in (("zero", 0), ("three", 3), ("one", 1))
            ),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def inputs(count, seed=1):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(count, *CROPS)).astype(np.float32),
        rng.normal(size=(count, len(FEATURES))).astype(np.float32),
    )


def plainly(crops, features, seed=0):
    weights = np.random.default_rng(seed).normal(size=(len(FEATURES), len(KINDS))).astype(np.float32)
    scores = np.exp(features @ weights + crops.mean(axis=(2, 3))[:, :3])
    return scores / scores.sum(axis=1, keepdims=True)


def fields(model, **other):
    told = {
        "name": "tiny", "version": "2", "sha256": hashlib.sha256(model).hexdigest(), "precision": "fp32",
        "kinds": KINDS, "channels": CHANNELS, "features": FEATURES, "unknown_below": 0.4,
    }  # fmt: skip
    return told | other


@pytest.fixture
def shipped(tmp_path):
    """A model with its card and stored answers, as shipped."""
    path, model = tmp_path / "tiny.onnx", built()
    path.write_bytes(model)
    path.with_suffix(".json").write_text(json.dumps(fields(model)))
    crops, features = inputs(20)
    np.savez(path.with_suffix(".npz"), crops=crops, features=features, probabilities=plainly(crops, features))
    return path


def test_a_model_as_shipped_loads_with_its_card(shipped) -> None:
    network, card = load_network(shipped)
    told = fields(shipped.read_bytes())
    assert card == Card(**told)
    crops, features = inputs(5, seed=7)
    np.testing.assert_allclose(network.probabilities(crops, features), plainly(crops, features), atol=1e-5)


@pytest.mark.parametrize("count", [1, LARGEST_BATCH - 1, LARGEST_BATCH, LARGEST_BATCH + 1, 40])
def test_batches_leave_no_seam_in_the_answers(count) -> None:
    crops, features = inputs(count)
    answers = OnnxNetwork(built()).probabilities(crops, features)
    assert answers.dtype == np.float32
    np.testing.assert_allclose(answers, plainly(crops, features), atol=1e-5)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_an_altered_model_is_refused(shipped) -> None:
    content = bytearray(shipped.read_bytes())
    content[len(content) // 2] ^= 1
    shipped.write_bytes(content)
    with pytest.raises(ModelError, match="sha256"):
        load_network(shipped)


def test_a_model_that_answers_otherwise_is_refused(shipped) -> None:
    other = built(seed=5)
    shipped.write_bytes(other)
    shipped.with_suffix(".json").write_text(json.dumps(fields(other)))
    with pytest.raises(ModelError, match="answer as it did when shipped"):
        load_network(shipped)


def test_a_file_that_is_no_model_is_refused_even_with_its_digest(shipped) -> None:
    shipped.write_bytes(b"no model")
    shipped.with_suffix(".json").write_text(json.dumps(fields(b"no model")))
    with pytest.raises(ModelError, match="readable ONNX model"):
        load_network(shipped)


@pytest.mark.parametrize("suffix", [".onnx", ".json", ".npz"])
def test_a_model_without_one_of_its_files_is_refused(shipped, suffix) -> None:
    shipped.with_suffix(suffix).unlink()
    with pytest.raises(ModelError, match="with its card and stored answers"):
        load_network(shipped)


@pytest.mark.parametrize("suffix", [".json", ".npz"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b"PK\x03\x04"])
def test_a_damaged_card_or_damaged_answers_are_refused(shipped, suffix, content) -> None:
    shipped.with_suffix(suffix).write_bytes(content)
    with pytest.raises(ModelError):
        load_network(shipped)


@pytest.mark.parametrize("missing", fields(b""))
def test_a_card_that_leaves_something_out_is_refused(shipped, missing) -> None:
    told = fields(shipped.read_bytes())
    del told[missing]
    shipped.with_suffix(".json").write_text(json.dumps(told))
    with pytest.raises(ModelError, match="card"):
        load_network(shipped)


def test_a_card_of_a_precision_nobody_knows_is_refused(shipped) -> None:
    shipped.with_suffix(".json").write_text(json.dumps(fields(shipped.read_bytes(), precision="fp8")))
    with pytest.raises(ModelError):
        load_network(shipped)


@pytest.mark.parametrize(
    ("precision", "shift", "fine"),
    [("fp32", 5e-4, True), ("fp32", 5e-3, False), ("int8", 0.015, True), ("int8", 0.03, False)],
)
def test_answers_may_differ_by_the_tolerance_of_their_precision(precision, shift, fine) -> None:
    crops, features = inputs(1)
    network, card = OnnxNetwork(built()), Card(**fields(b"", precision=precision))
    told = network.probabilities(crops, features)
    told[0, told[0].argmax()] += shift
    if fine:
        check_parity(network, card, crops, features, told)
    else:
        with pytest.raises(ModelError, match="apart"):
            check_parity(network, card, crops, features, told)


def test_stored_answers_of_another_shape_are_refused() -> None:
    crops, features = inputs(3)
    with pytest.raises(ModelError, match="apart"):
        check_parity(OnnxNetwork(built()), Card(**fields(b"")), crops, features, np.ones((3, 2), np.float32))


def test_answers_that_are_no_numbers_are_refused() -> None:
    crops, features = inputs(3)
    features[:] = np.nan
    told = np.tile(np.array([0.9, 0.05, 0.05], np.float32), (3, 1))
    with pytest.raises(ModelError):
        check_parity(OnnxNetwork(built()), Card(**fields(b"")), crops, features, told)


def test_a_card_of_more_kinds_than_answers_is_refused(shipped) -> None:
    shipped.with_suffix(".json").write_text(json.dumps(fields(shipped.read_bytes(), kinds=(*KINDS, "stain"))))
    with pytest.raises(ModelError, match="stored answers for the 4 kinds"):
        load_network(shipped)


def test_a_runtime_that_fails_is_told_in_one_line() -> None:
    crops, features = inputs(2)
    with pytest.raises(ModelError, match=r"expected names for 2 candidates, the runtime failed: .*features") as failed:
        OnnxNetwork(built()).probabilities(crops, features[:, :-1])
    assert "\n" not in str(failed.value)


def test_a_network_that_answers_with_no_numbers_gives_no_answer() -> None:
    crops, features = inputs(2)
    features[0] = np.nan
    with pytest.raises(ModelError, match="no numbers"):
        OnnxNetwork(built()).probabilities(crops, features)
