"""Plots: what `evaluate` found, as pictures: who is taken for whom, is doubt honest, are strangers noticed."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

from models.metrics import REJECTED, auroc, calibration_error, confusion, limit_for, named, reliability
from models.samples import NAMES, Samples

Answers = NDArray[np.float32]


def draw(
    answers: Mapping[str, Answers], sets: Mapping[str, Samples], limits: tuple[float, float], folder: Path
) -> None:
    """Write three pictures into a folder.

    Parameters
    ----------
    answers, sets, limits
        As for `evaluate.measure`.
    folder : Path
    """
    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    _confusions(answers, sets, limits, folder / "confusion.png")
    _reliabilities(answers, sets, folder / "reliability.png")
    _open_sets(answers, folder / "open_set.png")


def _confusions(
    answers: Mapping[str, Answers], sets: Mapping[str, Samples], limits: tuple[float, float], path: Path
) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(17, 8.5), layout="constrained")
    for ax, name in zip(axes, ("known", "unseen"), strict=True):
        counts = confusion(sets[name].labels, named(answers[name], limits), len(NAMES))[:-1]
        _matrix(ax, counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), counts)
        ax.set_title(f"{name} products: what was called what, {counts.sum()} candidates")
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _matrix(ax: Axes, shares: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ax.set_xticks(range(len(NAMES)), NAMES, rotation=60, ha="right")
    ax.set_yticks(range(len(shares)), NAMES[:-1])
    ax.set_xlabel("called")
    ax.set_ylabel("true")
    for row, column in np.argwhere(counts > 0):
        dark = shares[row, column] > 0.5
        ax.text(column, row, counts[row, column], ha="center", va="center", color="white" if dark else "black", size=8)


def _reliabilities(answers: Mapping[str, Answers], sets: Mapping[str, Samples], path: Path) -> None:
    figure, ax = plt.subplots(figsize=(6, 6), layout="constrained")
    ax.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for name, mark in (("known", "o"), ("unseen", "s")):
        sure, right = answers[name].max(axis=1), answers[name].argmax(axis=1) == sets[name].labels
        told, true, counts = reliability(sure, right).T
        seen = counts >= 5
        ax.plot(told[seen], true[seen], mark, label=f"{name}: calibration error {calibration_error(sure, right):.3f}")
    ax.set_xlabel("how sure it was")
    ax.set_ylabel("how often it was right")
    ax.set_title("Is doubt honest? Bins of at least 5")
    ax.legend()
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _open_sets(answers: Mapping[str, Answers], path: Path) -> None:
    figure, ax = plt.subplots(figsize=(6, 6), layout="constrained")
    outside = answers["foreign"][:, -1]
    for name in ("known", "unseen"):
        inside = answers[name][:, -1]
        limits = np.quantile(inside, np.linspace(0, 1, 400))
        rejected, caught = ([float((scores >= limit).mean()) for limit in limits] for scores in (inside, outside))
        at = float((outside >= limit_for(inside, REJECTED)).mean())
        ax.plot(rejected, caught, label=f"{name}: AUROC {auroc(inside, outside):.3f}, {at:.0%} at {REJECTED:.0%}")
    ax.axvline(REJECTED, color="grey", linewidth=1)
    ax.set_xscale("log")
    ax.set_xlim(1e-3, 1)
    ax.set_xlabel("known candidates called unknown")
    ax.set_ylabel("foreign objects caught")
    ax.set_title("Are strangers noticed?")
    ax.legend(loc="lower right")
    figure.savefig(path, dpi=80)
    plt.close(figure)
