"""Evaluate a model: `python -m models.evaluate`.

Asks it about webs that it was neither trained nor tuned on: the products it knows, products it does
not, and foreign objects. Prints what it finds, and draws it with --plots.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from inspection.onnx_model import Card, Network, load_network
from models import lots
from models.metrics import (
    REJECTED,
    auroc,
    calibration_error,
    kind_scores,
    limit_for,
    macro_f1,
    named,
    wilson,
)  # fmt: skip
from models.registry import shipped_model
from models.samples import KINDS, NAMES, Lot, Samples, draw_lots, load, save

STRONG_SIGMA, STRONG_PX = 8.0, 4.0
"""What the bars speak of: as strong as this at its peak, as long as this."""

_SIZES_PX = (0, 8, 16, 32, 64, 128, 100_000)
_ASKED: dict[str, Callable[[], list[Lot]]] = {
    "known": lots.known, "unseen": lots.unseen, "foreign": lots.foreign,
}  # fmt: skip


def main() -> None:
    """Load, ask, tell."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__.split("\n\n")[0])
    parser.add_argument("--model", type=Path, default=shipped_model(), help="the .onnx file; its card lies beside it")
    parser.add_argument("--samples", type=Path, help="folder to keep drawn samples in, and to take them from")
    parser.add_argument("--plots", type=Path, help="folder to draw the figures into, as PNG")
    parser.add_argument("--json", action="store_true", help="print the figures for machines")
    asked = parser.parse_args()
    network, card = load_network(asked.model)
    sets = {name: drawn(name, made(), asked.samples) for name, made in _ASKED.items()}
    answers = {name: answers_of(network, samples) for name, samples in sets.items()}
    figures = measure(answers, sets, (card.unknown_above, card.unknown_below))
    if asked.json:
        print(json.dumps(figures, indent=2))
    else:
        tell(figures, card)
    if asked.plots:
        from models.plots import draw  # noqa: PLC0415  matplotlib comes with the training extra

        draw(answers, sets, (card.unknown_above, card.unknown_below), asked.plots)


def drawn(name: str, wanted: list[Lot], kept: Path | None) -> Samples:
    """Take samples from the folder where they were kept, or draw them anew."""
    path = kept / f"{name}.npz" if kept else None
    if path and path.exists():
        return load(path)
    with progress() as bar:
        drawing = bar.add_task(f"drawing {name}", total=len(wanted))
        samples = draw_lots(wanted, lambda: bar.advance(drawing))
    if path:
        save(samples, path)
    return samples


def progress() -> Progress:
    """Make a progress bar beside what is printed, so that figures can be piped."""
    return Progress(console=Console(stderr=True))


def answers_of(network: Network, samples: Samples) -> NDArray[np.float32]:
    """Probabilities of every sample, shape (samples, kinds)."""
    parts = np.array_split(np.arange(len(samples)), max(len(samples) // 480, 1))
    return np.concatenate(
        [network.probabilities(samples.crops[part].astype(np.float32), samples.features[part]) for part in parts]
    )


def measure(
    answers: Mapping[str, NDArray[np.float32]], sets: Mapping[str, Samples], limits: tuple[float, float]
) -> dict[str, Any]:
    """Every figure that the card tells, by set.

    Parameters
    ----------
    answers : mapping of set to ndarray of shape (samples, kinds)
    sets : mapping of set to Samples
        `known`, `unseen` and `foreign`.
    limits : tuple of float
        The card's `unknown_above` and `unknown_below`.
    """
    figures = {name: _naming(answers[name], sets[name], limits) for name in ("known", "unseen")}
    foreign = {
        f"foreign_beside_{name}": _open_set(answers[name], answers["foreign"], sets["foreign"], limits)
        for name in figures
    }
    return figures | foreign


def _naming(answers: NDArray[np.float32], samples: Samples, limits: tuple[float, float]) -> dict[str, Any]:
    names, sure = named(answers, limits), answers.max(axis=1)
    strong = (samples.peaks_sigma >= STRONG_SIGMA) & (samples.sizes_px >= STRONG_PX)
    scores = kind_scores(samples.labels[strong], names[strong], NAMES)
    return {
        "samples": len(samples),
        "strong": int(strong.sum()),
        "macro_f1_strong": round(macro_f1(scores), 4),
        "macro_f1_all": round(macro_f1(kind_scores(samples.labels, names, NAMES)), 4),
        "accuracy": round(float((names == samples.labels).mean()), 4),
        "calibration_error": round(calibration_error(sure, answers.argmax(axis=1) == samples.labels), 4),
        "called_unknown": round(float((names == len(KINDS)).mean()), 4),
        "by_kind_strong": [{name: _short(value) for name, value in asdict(score).items()} for score in scores],
        "by_product": _shares(names == samples.labels, samples.products),
        "by_size_px": _shares(names == samples.labels, _size_names(samples.sizes_px)),
    }


def _open_set(
    inside: NDArray[np.float32], outside: NDArray[np.float32], samples: Samples, limits: tuple[float, float]
) -> dict[str, Any]:
    limit = limit_for(inside[:, -1], REJECTED)
    caught = outside[:, -1] >= limit
    return {
        "samples": len(samples),
        "auroc": round(auroc(inside[:, -1], outside[:, -1]), 4),
        f"caught_at_{REJECTED:.0%}_rejected": round(float(caught.mean()), 4),
        "caught_as_shipped": round(float((named(outside, limits) == len(KINDS)).mean()), 4),
        "by_object": _shares(caught, samples.things),
    }


def _shares(right: NDArray[np.bool_], groups: NDArray[np.str_]) -> dict[str, dict[str, Any]]:
    """Share right in each group, with its 95 % bounds and how many there were."""
    told = {}
    for group in np.unique(groups):
        inside = right[groups == group]
        low, high = wilson(int(inside.sum()), len(inside))
        told[str(group)] = {
            "share": _short(float(inside.mean())),
            "low": _short(low),
            "high": _short(high),
            "of": len(inside),
        }
    return told


def _size_names(sizes_px: NDArray[np.float32]) -> NDArray[np.str_]:
    places = np.digitize(sizes_px, _SIZES_PX[1:-1])
    names = [f"{low:4d} to {high} px" for low, high in pairwise(_SIZES_PX[:-1])]
    return np.array([*names, f"{_SIZES_PX[-2]:4d} px and more"])[places]


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def tell(figures: Mapping[str, Any], card: Card) -> None:
    """Print the figures as tables."""
    console = Console(width=130)
    told = Table("", *(name for name in figures), title=f"{card.name} {card.version}, {card.precision}")
    for row in (
        "samples",
        "strong",
        "macro_f1_strong",
        "macro_f1_all",
        "accuracy",
        "calibration_error",
        "called_unknown",
    ):
        told.add_row(row, *(str(figures[name].get(row, "")) for name in figures))
    for row in ("auroc", f"caught_at_{REJECTED:.0%}_rejected", "caught_as_shipped"):
        told.add_row(row, *(str(figures[name].get(row, "")) for name in figures))
    console.print(told)
    for name in ("known", "unseen"):
        console.print(_kinds_table(name, figures[name]["by_kind_strong"]))
        for group in ("by_product", "by_size_px"):
            console.print(_shares_table(f"{name}, {group}", figures[name][group]))
    for name in ("known", "unseen"):
        console.print(_shares_table(f"caught beside {name}", figures[f"foreign_beside_{name}"]["by_object"]))


def _kinds_table(title: str, scores: list[dict[str, Any]]) -> Table:
    table = Table(
        "kind", "shown", "recall (95 % bounds)", "precision (95 % bounds)", "F1", title=f"{title}, strong ones"
    )
    for score in scores:
        bounds = [
            f"{score[m]:.3f} ({score[f'{m}_low']:.3f} to {score[f'{m}_high']:.3f})" for m in ("recall", "precision")
        ]
        table.add_row(score["kind"], str(score["shown"]), *bounds, f"{score['f1']:.3f}")
    return table


def _shares_table(title: str, shares: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("", "share", "95 % bounds", "of", title=title)
    for name, told in shares.items():
        table.add_row(name, f"{told['share']:.3f}", f"{told['low']:.3f} to {told['high']:.3f}", str(told["of"]))
    return table


if __name__ == "__main__":
    main()
