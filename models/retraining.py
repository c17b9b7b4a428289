"""Retraining: a model goes on learning from a plant's own candidates.

Beside them it sees some drawn webs, or it would forget what the plant did not show. What comes out
is compared with what went in, on a golden set that neither learned from and on candidates of the
plant that were kept back; a worse model is not kept unless that is wanted.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inspection.onnx_model import Card, Network, OnnxNetwork, load_network
from models import lots
from models.evaluate import answers_of, drawn, progress
from models.export import Build, naming_ms, read_network, to_onnx, write
from models.exports import Export, read_export
from models.fitting import Training, fit, logits_of
from models.golden import read_golden
from models.metrics import kind_scores, macro_f1, named
from models.network import CoatingNetwork
from models.registry import read_card
from models.samples import Samples, joined
from models.trust import set_temperature, unknown_limit

WORSE_BY = 0.005
"""Macro F1 that a new model may be lower by: half a point."""

_LEARNED_SHARE = 0.7
_REPLAY_KEPT_BACK = 0.3
_RETRAINING = Training(epochs=8, learning_rate=1e-3)


def retrain(data: Path, start: Path, out: Path | None, golden: Path, *, anyway: bool, as_json: bool) -> int:
    """Learn a plant's candidates and write a new model, unless it is worse.

    Parameters
    ----------
    data : Path
        See `exports`.
    start, golden : Path
        The model to go on from; what both are compared on.
    out : Path, optional
        The new `.onnx` file; beside the data by default.
    anyway : bool
        Keep the new model even where it is worse.
    as_json : bool
        Tell the figures for machines.

    Returns
    -------
    int
        0 when it was kept, 1 when it is worse.

    Raises
    ------
    InputError, ModelError, OSError
        Nothing was changed.
    """
    running, card = load_network(start)
    export = read_export(data, card.kinds)
    judged_on = {"golden": read_golden(golden, card.kinds)}
    learned = export.split(_LEARNED_SHARE, np.random.default_rng(_RETRAINING.seed))
    judged_on["kept back"] = export.samples[~learned]
    network, unknown_above = _learn(start, export, learned)
    build = _built(network, judged_on["golden"])
    figures = {
        name: {
            "samples": len(samples),
            "before": _score(running, samples, card, card.unknown_above),
            "after": _score(OnnxNetwork(build.model), samples, card, unknown_above),
        }
        for name, samples in judged_on.items()
    }
    worse = [name for name, told in figures.items() if told["after"] < told["before"] - WORSE_BY]
    kept = not worse or anyway
    path = out or data / f"{card.name}-{_next_version(card.version)}.onnx"
    if kept:
        _write(path, build, network, export.samples, card, unknown_above, figures)
    _tell(figures, worse, path if kept else None, as_json=as_json)
    return 0 if kept else 1


def _learn(start: Path, export: Export, learned: NDArray[np.bool_]) -> tuple[CoatingNetwork, float]:
    """Fit the network further; set temperature and limit on what it has not learned from."""
    replayed = drawn("replay", lots.replay(), None)
    back = np.random.default_rng(_RETRAINING.seed).random(len(replayed)) < _REPLAY_KEPT_BACK
    network = read_network(start, read_card(start).get("training", {}).get("size", "line"))
    with progress() as bar:
        fitting = bar.add_task("fitting", total=_RETRAINING.epochs)
        fit(network, joined([replayed[~back], export.samples[learned]]), _RETRAINING, lambda: bar.advance(fitting))
    tuning = joined([replayed[back], export.samples[~learned]])
    logits = logits_of(network, tuning)
    network.temperature = set_temperature(logits, torch.from_numpy(tuning.labels))
    probabilities = torch.softmax(logits / network.temperature, dim=1)
    return network, unknown_limit(probabilities[torch.from_numpy(tuning.known)], _RETRAINING.rejected)


def _built(network: CoatingNetwork, samples: Samples) -> Build:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        to_onnx(network, path)
        model = path.read_bytes()
    return Build("fp32", model, float("nan"), naming_ms(OnnxNetwork(model), samples))


def _score(network: Network, samples: Samples, card: Card, unknown_above: float) -> float:
    names = named(answers_of(network, samples), unknown_above)
    return round(macro_f1(kind_scores(samples.labels, names, card.kinds)), 4)


def _next_version(version: str) -> str:
    """Count on where the version is a number."""
    return str(int(version) + 1) if version.isdecimal() else f"{version}-2"


def _write(
    path: Path,
    build: Build,
    network: CoatingNetwork,
    samples: Samples,
    card: Card,
    unknown_above: float,
    figures: dict[str, dict[str, float]],
) -> None:
    told = {
        "name": card.name, "version": _next_version(card.version), "kinds": list(card.kinds),
        "unknown_below": card.unknown_below, "unknown_above": unknown_above, "learned_from": len(samples),
        "retraining": figures, "training": asdict(_RETRAINING), "went_on_from": card.sha256,
    }  # fmt: skip
    write(path, build, network, samples, told)


def _tell(figures: dict[str, dict[str, float]], worse: Sequence[str], path: Path | None, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"figures": figures, "worse_on": list(worse), "model": str(path) if path else None}, indent=2))
        return
    for name, told in figures.items():
        print(f"{name}: macro F1 {told['after']:.4f} on {told['samples']}, before {told['before']:.4f}")
    if path:
        print(f"written: {path}")
    else:
        print(f"not kept: worse on {', '.join(worse)}; --anyway keeps it all the same", file=sys.stderr)
