"""Training from plain folders of pictures, from nothing: `python -m models.picture_training --data DIR`.

Each kind of picture lies in a folder of its own; the folder's name is the kind's. Without --out,
networks are trained on random splits and the scores told; with --out, one is then trained on
everything and written as an ONNX file.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from inspection.errors import InputError
from models.picture_export import check_target, export
from models.picture_fitting import Training, best_temperature, fit, probabilities, view_logits
from models.picture_network import PictureNetwork, mean_probabilities
from models.picture_scores import Evaluation, SplitScore, score, table
from models.pictures import Pictures, Progress, read_folder, silent, split

__all__ = ["Training", "evaluate_splits", "fit", "learn", "main", "probabilities"]

SPLITS, SHARE = 5, 0.7
_EPILOG = """\
the folder:
  DIR/scratch/a.png  DIR/scratch/b.png  DIR/stain/c.jpg  DIR/stain/d.tif  ...
  Two kinds at least, any names; two different pictures of each at least, some dozens are better.
  PNG, JPEG, BMP or TIFF, 8 or 16 bits; colour becomes grey. Copies are found and kept together.

examples:
  python -m models.picture_training --data DIR                   how well can these kinds be told apart?
  python -m models.picture_training --data DIR --splits 1        the same in a fifth of the time, less surely
  python -m models.picture_training --data DIR --out a/web-1.onnx
                                         one split for the scores on the card, then a model of everything

A thousand pictures take about three minutes for each split on one core.
"""


def evaluate_splits(
    pictures: Pictures, config: Training, splits: int, share: float = SHARE, progress: Progress = silent
) -> Evaluation:
    """Train on random shares of the pictures and measure each network on the rest.

    Parameters
    ----------
    pictures : Pictures
    config : Training
        Every split has seeds of its own that follow from the one here.
    splits : int
        1 or more.
    share : float
        Of each kind that is trained on, above 0 and below 1.
    progress : callable
        Called after each epoch of each split.
    """
    if splits < 1:
        raise InputError(f"expected 1 split or more to measure on, got {splits}: {SPLITS} are usual")
    scores = []
    for number in range(splits):
        own = replace(config, seed=_seed(config.seed, number))
        trained = split(pictures, share, np.random.default_rng(own.seed))
        network = fit(pictures, trained, own, _within(progress, number, splits))
        scores.append(_measured(network, pictures, ~trained))
    return Evaluation(tuple(scores))


def _seed(seed: int, number: int) -> int:
    """Mix both, so that neighbouring seeds do not share splits."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])


def _within(progress: Progress, number: int, splits: int) -> Progress:
    """Tell a split's epochs as some of all splits' epochs."""
    return lambda done, epochs: progress(number * epochs + done, splits * epochs)


def _measured(network: PictureNetwork, pictures: Pictures, held_out: NDArray[np.bool_]) -> SplitScore:
    logits, labels = view_logits(network, pictures, held_out), pictures.labels[held_out]
    named = mean_probabilities(logits, torch.ones(())).numpy()
    return score(labels, named, pictures.kinds, int((~held_out).sum()), best_temperature(logits, labels))


def learn(data: Path, out: Path | None, splits: int, seed: int, as_json: bool) -> int:
    """Read a folder, measure on random splits, and write a model of everything where one is asked for.

    Parameters
    ----------
    data : Path
        Holds a folder for each kind.
    out : Path or None
        The `.onnx` file, or nothing to be written.
    splits : int
        Random splits to measure on, 1 or more.
    seed : int
        0 or more.
    as_json : bool
        Print JSON and not a table.

    Returns
    -------
    int
        0; 2 where what was given is wrong, and 130 where it was interrupted: one line on standard error says so.
    """
    try:
        evaluation = _learned(data, out, splits, Training(seed=seed))
    except InputError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 130
    if as_json:
        print(json.dumps(evaluation.told(), indent=2))
    else:
        Console().print(table(evaluation))
    return 0


def _learned(data: Path, out: Path | None, splits: int, config: Training) -> Evaluation:
    if out:
        check_target(out)
    with _bar() as bar:
        pictures = read_folder(data, _line(bar, "reading pictures"), config.side)
        evaluation = evaluate_splits(pictures, config, splits, progress=_line(bar, "training on splits"))
        if out:
            everything = np.ones(len(pictures), bool)
            network = fit(pictures, everything, config, _line(bar, "training on everything"))
            network.temperature.fill_(evaluation.temperature)
            export(network, pictures, out, _told(evaluation, pictures, config))
    return evaluation


def _told(evaluation: Evaluation, pictures: Pictures, config: Training) -> dict[str, Any]:
    """Tell on the card what was measured, and on what: not on this very network, which has seen every picture."""
    return {
        "trained_on": len(pictures),
        "metrics": {"held_out": evaluation.told()},
        "metrics_are_of": f"networks trained in the same way on {SHARE:.0%} of the pictures, measured on the others",
        "training": asdict(config),
    }


def _bar() -> Bar:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # On standard error: standard output is for the scores, which another program may read.
    return Bar(*columns, console=Console(stderr=True))


def _line(bar: Bar, doing: str) -> Progress:
    task = bar.add_task(doing, total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command line and learn."""
    parser = argparse.ArgumentParser(
        prog="python -m models.picture_training", description=__doc__, epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds one for each kind")
    parser.add_argument("--splits", type=int, help=f"random splits to measure on ({SPLITS}; with --out 1)")
    parser.add_argument("--out", type=Path, metavar="FILE.onnx", help="train on everything too, write the model here")
    parser.add_argument("--seed", type=int, default=Training.seed, help="another number, other chance (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print the scores as JSON")
    asked = parser.parse_args(argv)
    splits = asked.splits if asked.splits is not None else 1 if asked.out else SPLITS
    return learn(asked.data, asked.out, splits, asked.seed, asked.json)


if __name__ == "__main__":
    sys.exit(main())
