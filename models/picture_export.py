"""Export: a fitted picture network as three files of one name, written complete or not at all.

<name>-<version>.onnx   the network as it runs: `pictures` in, `probabilities` out
<name>-<version>.json   its card
<name>-<version>.npz    stored inputs with their answers
"""

import hashlib
import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspection.errors import InputError
from models.picture_network import Answering, PictureNetwork
from models.pictures import Pictures

LIMITS = (
    "names whole pictures; a station's candidates need a model trained on candidates",
    "names one of its kinds whatever it is shown; what it was never shown gets a wrong name",
    "scores hold for pictures like those it was trained on: same camera, light and material",
)
_STORED = 16


def check_target(path: Path) -> None:
    """Make the folder that a model is to be written to, before hours are spent on the model.

    Raises
    ------
    InputError
        The name does not end in `.onnx`, or nothing can be written there.
    """
    if path.suffix != ".onnx" or path.is_dir():
        raise InputError(f"expected a file name that ends in .onnx to write the model to, got {path}: name a file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(f"expected a folder that can be written to for {path}, got: {error.strerror}") from error


def export(network: PictureNetwork, pictures: Pictures, path: Path, told: dict[str, Any]) -> None:
    """Write network, card and stored answers; files of these names are replaced.

    Parameters
    ----------
    network : PictureNetwork
        Fitted; its temperature is set.
    pictures : Pictures
        Some of them become the stored inputs.
    path : Path
        The `.onnx` file.
    told : dict
        What else the card says: metrics and of what they are, training.

    Raises
    ------
    InputError
        The disk is full or does not let itself be written; no half of a model is left.
    """
    answering = Answering(network).eval()
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            draft = Path(folder) / path.name
            _to_onnx(answering, pictures.side, draft)
            _write_card(draft, pictures, told)
            _write_answers(draft.with_suffix(".npz"), answering, pictures)
            _give_names(draft, path)
    except OSError as error:
        raise InputError(f"expected room for a model at {path}, got: {error.strerror}") from error


def _to_onnx(answering: Answering, side: int, path: Path) -> None:
    with warnings.catch_warnings():
        # The exporter that needs no further package is announced to go some day; the version is pinned.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            answering, (torch.zeros(2, 1, side, side),), str(path), dynamo=False, opset_version=17,
            input_names=["pictures"], output_names=["probabilities"],
            dynamic_axes={name: {0: "pictures"} for name in ("pictures", "probabilities")},
        )  # fmt: skip


def _write_card(model: Path, pictures: Pictures, told: dict[str, Any]) -> None:
    name, _, version = model.stem.rpartition("-")
    card = {
        "name": name or model.stem, "version": version if name else "1", "precision": "fp32",
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(), "kinds": pictures.kinds, "side": pictures.side,
        "input": "pictures: float32 of shape (pictures, 1, side, side), grey levels, full scale 255",
        "output": "probabilities: float32 of shape (pictures, kinds), rows summing to 1, averaged over six views",
        "limits": LIMITS, **told,
    }  # fmt: skip
    model.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")


def _write_answers(path: Path, answering: Answering, pictures: Pictures) -> None:
    """Store answers of the framework that trained, so that the file's own can be held against them."""
    chosen = np.random.default_rng(0).choice(len(pictures), min(_STORED, len(pictures)), replace=False)
    inputs: NDArray[np.float32] = pictures.grey[chosen, np.newaxis].astype(np.float32)
    with torch.no_grad():
        answers = answering(torch.from_numpy(inputs)).numpy()
    np.savez_compressed(path, pictures=inputs, probabilities=answers)


def _give_names(draft: Path, path: Path) -> None:
    """Move the drafts to their names once all are on the disk, the network last: without it there is no model."""
    suffixes = (".json", ".npz", ".onnx")
    for suffix in suffixes:
        with draft.with_suffix(suffix).open("rb") as file:
            os.fsync(file.fileno())
    for suffix in suffixes:
        draft.with_suffix(suffix).replace(path.with_suffix(suffix))
