"""Train the classifier: `python -m models.train`.

From nothing: draw webs, fit, set temperature and limits on webs it has not seen, compare fp32 with
int8, ask about webs of its own, and write the files that a station trusts. With --data it goes on
from a model with a plant's own crops (`retraining`), or learns whole pictures (`picture_training`).
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inspection.errors import CoatsightError
from inspection.onnx_model import OnnxNetwork
from models import lots
from models.evaluate import answers_of, drawn, measure, progress
from models.export import Build, better, builds, write
from models.fitting import Training, fit, logits_of, new_network
from models.golden import write_golden
from models.registry import shipped_golden_set, shipped_model
from models.samples import NAMES, Samples
from models.trust import set_temperature, unknown_limit

UNKNOWN_BELOW = 0.3
"""Less sure than this of its best guess, a model stands for no name."""

_TYPICAL = 640
"""Samples that int8 takes its ranges from."""

_UNTESTED = (
    "real electrodes", "frames of several cameras at once", "kinds that the table of kinds does not list",
    "wet film, calendered or double-sided coating", "coating brighter than foil",
)  # fmt: skip


def main() -> int:
    """Choose what is to be learned; one line and exit code 2 for input that cannot be."""
    asked = _arguments()
    try:
        if asked.data is None:
            return from_nothing(asked)
        if asked.fresh:
            from models.picture_training import learn  # noqa: PLC0415  only one of the three is needed

            return learn(asked.data, asked.out, asked.splits, asked.seed, asked.json)
        from models.retraining import Wish, retrain  # noqa: PLC0415

        return retrain(
            Wish(asked.data, asked.start, asked.golden, asked.out, asked.version, asked.anyway), as_json=asked.json
        )
    except (CoatsightError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, help="where the .onnx file goes; the shipped one by default")
    parser.add_argument(
        "--version", help="version told in every answer; one more than the model's that is gone on from"
    )
    parser.add_argument("--epochs", type=int, default=Training.epochs, help="rounds over all samples")
    parser.add_argument("--seed", type=int, default=Training.seed, help="of everything random in fitting")
    parser.add_argument("--samples", type=Path, help="folder to keep drawn samples in, and to take them from")
    parser.add_argument("--json", action="store_true", help="print the figures for machines")
    own = parser.add_argument_group("with a plant's own crops")
    own.add_argument("--data", type=Path, help="folder with exported .npz files, or with KIND/*.png")
    own.add_argument("--start", type=Path, default=shipped_model(), help="model to go on from")
    own.add_argument("--golden", type=Path, default=shipped_golden_set(), help="what both models are compared on")
    own.add_argument("--anyway", action="store_true", help="keep the new model even where it is worse")
    own.add_argument("--fresh", action="store_true", help="learn any kinds of whole pictures from nothing")
    own.add_argument("--splits", type=int, default=5, help="with --fresh: random splits to measure on")
    return parser.parse_args()


def from_nothing(asked: argparse.Namespace) -> int:
    """Train the shipped model; see `lots` for the webs."""
    training = Training(epochs=asked.epochs, seed=asked.seed)
    seen, tuning = (drawn(name, getattr(lots, name)(), asked.samples) for name in ("training", "validation"))
    network = new_network(seen, training)
    with progress() as bar:
        fitting = bar.add_task("fitting", total=training.epochs)
        fit(network, seen, training, lambda: bar.advance(fitting))
    network.temperature = set_temperature(logits_of(network, tuning), torch.from_numpy(tuning.labels))
    compared = builds(network, _spread(seen), tuning, NAMES)
    build, out = better(*compared), asked.out or shipped_model()
    answers = answers_of(OnnxNetwork(build.model), tuning)
    limits = unknown_limit(answers[tuning.known], training.rejected), UNKNOWN_BELOW
    figures = ask(build, limits, asked.samples)
    told = card_of(training, limits, compared, figures) | {"name": "coating", "version": asked.version or "1"}
    write(out, build, network, tuning, told)
    if out == shipped_model():
        write_golden(drawn("golden", lots.golden(), asked.samples), shipped_golden_set())
    print(json.dumps(figures if asked.json else headline(figures), indent=2))
    return 0


def _spread(samples: Samples) -> Samples:
    """Some typical samples, from all the webs."""
    return samples[np.linspace(0, len(samples) - 1, min(len(samples), _TYPICAL)).astype(int)]


def ask(build: Build, limits: tuple[float, float], kept: Path | None) -> dict[str, Any]:
    """Ask a built model about every set that it was neither trained nor tuned on."""
    network = OnnxNetwork(build.model)
    sets = {name: drawn(name, getattr(lots, name)(), kept) for name in ("known", "unseen", "foreign")}
    return measure({name: answers_of(network, samples) for name, samples in sets.items()}, sets, limits)


def card_of(
    training: Training, limits: tuple[float, float], compared: tuple[Build, ...], figures: dict[str, Any]
) -> dict[str, Any]:
    """What a card tells besides digest and inputs."""
    return {
        "kinds": list(NAMES),
        "unknown_above": limits[0],
        "unknown_below": limits[1],
        "compared": {
            build.precision: {"macro_f1": round(build.macro_f1, 4), "ms_for_20": round(build.ms, 2)}
            for build in compared
        },
        "metrics": figures,
        "training": asdict(training),
        "data": lots.__doc__,
        "never_tested_on": _UNTESTED,
    }


def headline(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures that bars are set for."""
    return {
        name: {key: value for key, value in told.items() if not isinstance(value, dict | list)}
        for name, told in figures.items()
    }


if __name__ == "__main__":
    sys.exit(main())
