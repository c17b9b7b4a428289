"""Variants of the shipped model, and a golden set that it names without a mistake."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from inspection.classification import Naming, load_classifier
from models.registry import read_card, shipped_model

KINDS = tuple(read_card(shipped_model())["kinds"])
NAMED_OTHERWISE = (*KINDS[1:], KINDS[0])
"""The same answers under other names, which no digest and no stored answer tells."""


def variant(folder: Path, version: str, **card: Any) -> Path:
    """Copy the shipped model with another card; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"trained-{version}.onnx"
    for suffix in (".onnx", ".npz"):
        shutil.copy(shipped_model().with_suffix(suffix), path.with_suffix(suffix))
    told = read_card(shipped_model()) | {"name": "coating", "version": version} | card
    path.with_suffix(".json").write_text(json.dumps(told))
    return path


def put_golden_set(data: Path, mistaken: int = 0) -> None:
    """Make a golden set of the stored inputs, some of its truth being what no model says."""
    with np.load(shipped_model().with_suffix(".npz")) as stored:
        crops, features = stored["crops"], stored["features"]
    names = load_classifier(shipped_model()).name_crops(crops, features, Naming())
    kinds = sorted({name.kind.value for name in names})
    labels = np.array([kinds.index(name.kind.value) for name in names])
    labels[:mistaken] = (labels[:mistaken] + 1) % len(kinds)
    path = data / "models" / "golden.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, crops=crops.astype(np.float16), features=features, labels=labels, kinds=np.array(kinds))
