"""Retraining: a model goes on learning from a plant's own candidates.

Beside them it sees some drawn webs, or it would forget what the plant did not show. What comes out
is compared with what went in, on a golden set that neither learned from and on candidates of the
plant that were kept back; a worse model is not kept unless that is wanted.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from inspection.errors import InputError, ModelError
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
from models.samples import NAMES, Samples, joined
from models.trust import set_temperature, unknown_limit

WORSE_BY = 0.005
"""Macro F1 that a new model may be lower by: half a point."""

FEWER_STRANGERS_BY = 0.1
"""Share of what is no kind that a new model may miss beyond the one before: two of the twenty in a golden set."""

_REPLAY_KEPT_BACK = 0.3
_RETRAINING = Training(epochs=12, learning_rate=5e-4)


@dataclass(frozen=True)
class Wish:
    """What is to be learned.

    Attributes
    ----------
    data : Path
        See `exports`.
    start, golden : Path
        The model to go on from; what both are compared on.
    out : Path or None
        The new `.onnx` file; beside the data by default.
    version : str or None
        Of the new model; one more than the old one's by default.
    anyway : bool
        Keep the new model even where it is worse.
    """

    data: Path
    start: Path
    golden: Path
    out: Path | None = None
    version: str | None = None
    anyway: bool = False


@dataclass(frozen=True, eq=False)
class _Model:
    """A network with the limits by which it names."""

    network: Network
    limits: tuple[float, float]


def retrain(wish: Wish, *, as_json: bool = False) -> int:
    """Learn a plant's candidates and write a new model, unless it is worse.

    Returns
    -------
    int
        0 when it was kept, 1 when it is worse.

    Raises
    ------
    InputError, ModelError, OSError
        Nothing was changed.
    """
    running, card = load_network(wish.start)
    out = wish.out or wish.data / f"{card.name}-{wish.version or _next_version(card.version)}.onnx"
    network, export, golden = _checked(wish, card, out)
    unknown_above = _learn(network, export)
    build = _built(network, golden)
    before = _Model(running, (card.unknown_above, card.unknown_below))
    after = _Model(OnnxNetwork(build.model), (unknown_above, card.unknown_below))
    figures = _compared(before, after, {"golden": golden, "kept back": export.samples[export.asked]})
    worse = _worse(figures)
    kept = wish.anyway or not worse
    if kept:
        _write(out, wish, build, network, export, card, after.limits, figures)
    _tell(figures, worse, out if kept else None, as_json=as_json)
    return 0 if kept else 1


def _checked(wish: Wish, card: Card, out: Path) -> tuple[CoatingNetwork, Export, Samples]:
    """Everything that can be wrong is found before minutes are spent on it."""
    if card.kinds != NAMES:
        raise ModelError(
            f"expected a model of the kinds {', '.join(NAMES)}, got {', '.join(card.kinds)}: train it anew"
        )
    if out.suffix != ".onnx" or out.is_dir():
        raise InputError(f"expected a file that ends in .onnx for --out, got {out}")
    network = read_network(wish.start, read_card(wish.start).get("training", {}).get("size", "line"))
    return network, read_export(wish.data, card.kinds), read_golden(wish.golden, card.kinds)


def _learn(network: CoatingNetwork, export: Export) -> float:
    """Fit the network further; set temperature and limit on what it has not learned from and is not asked about."""
    replayed = drawn("replay", lots.replay(), None)
    back = np.random.default_rng(_RETRAINING.seed).random(len(replayed)) < _REPLAY_KEPT_BACK
    with progress() as bar:
        fitting = bar.add_task("fitting", total=_RETRAINING.epochs)
        learned = joined([replayed[~back], export.samples[export.learned]])
        fit(network, learned, _RETRAINING, lambda: bar.advance(fitting))
    tuning = joined([replayed[back], export.samples[export.tuned]])
    logits = logits_of(network, tuning)
    network.temperature = set_temperature(logits, torch.from_numpy(tuning.labels))
    answers = torch.softmax(logits / network.temperature, dim=1).numpy()
    return unknown_limit(answers[tuning.known], _RETRAINING.rejected)


def _built(network: CoatingNetwork, samples: Samples) -> Build:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        to_onnx(network, path)
        model = path.read_bytes()
    return Build("fp32", model, float("nan"), naming_ms(OnnxNetwork(model), samples))


_Figures = dict[str, dict[str, float]]


def _compared(before: _Model, after: _Model, sets: Mapping[str, Samples]) -> dict[str, _Figures]:
    """Macro F1 on every set, and on what share of strangers each model says `unknown`, before and after."""
    return {
        name: {"samples": {"of": len(samples)}, "before": _scores(before, samples), "after": _scores(after, samples)}
        for name, samples in sets.items()
    }


def _scores(model: _Model, samples: Samples) -> dict[str, float]:
    names = named(answers_of(model.network, samples), model.limits)
    strangers = names[~samples.known] == len(NAMES) - 1
    told = {"macro_f1": round(macro_f1(kind_scores(samples.labels, names, NAMES)), 4)}
    return told | ({"strangers_noticed": round(float(strangers.mean()), 4)} if len(strangers) else {})


def _worse(figures: Mapping[str, _Figures]) -> list[str]:
    """Sets on which the new model is worse, and by what."""
    return [
        f"{name} ({measure} {after:.4f}, before {told['before'][measure]:.4f})"
        for name, told in figures.items()
        for measure, after in told["after"].items()
        if after < told["before"][measure] - _allowed(measure, told["samples"]["of"])
    ]


def _allowed(measure: str, of: float) -> float:
    """How much lower is no worse: in a small set two candidates more or less are chance."""
    return FEWER_STRANGERS_BY if measure == "strangers_noticed" else max(WORSE_BY, 2 / of)


def _next_version(version: str) -> str:
    """Count on where the version is a number."""
    return str(int(version) + 1) if version.isdecimal() else f"{version}-2"


def _write(
    path: Path,
    wish: Wish,
    build: Build,
    network: CoatingNetwork,
    export: Export,
    card: Card,
    limits: tuple[float, float],
    figures: Mapping[str, _Figures],
) -> None:
    size = read_card(wish.start).get("training", {}).get("size", "line")
    told = {
        "name": card.name, "version": wish.version or _next_version(card.version), "kinds": list(NAMES),
        "unknown_above": limits[0], "unknown_below": limits[1], "learned_from": int(export.learned.sum()),
        "retraining": figures, "training": asdict(_RETRAINING) | {"size": size}, "went_on_from": card.sha256,
    }  # fmt: skip
    write(path, build, network, export.samples, told)


def _tell(figures: Mapping[str, _Figures], worse: list[str], path: Path | None, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"figures": figures, "worse_on": worse, "model": str(path) if path else None}, indent=2))
        return
    for name, told in figures.items():
        for measure, after in told["after"].items():
            before, of = told["before"][measure], told["samples"]["of"]
            print(f"{name}, {of} candidates: {measure} {after:.4f}, before {before:.4f}")
    if path:
        print(f"written: {path}")
    else:
        print(f"not kept: worse on {', '.join(worse)}; --anyway keeps it all the same", file=sys.stderr)
