"""Warming up: a drawn frame is inspected, so that no camera waits for kernels to be compiled."""

import numpy as np
from numpy.typing import NDArray

from inspection.calibrating import calibrate
from inspection.classification import Classifier
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from inspection.recipe import default_recipe
from service.settings import Settings


def warm_up(settings: Settings, classifier: Classifier) -> None:
    """Inspect drawn frames of either depth: a lane with a hole, a small one with a streak, nothing but noise.

    What only an odd frame needs is compiled too: in a fresh installation it would hold up the line for seconds.
    """
    scale = settings.default_mm_per_px
    placement = Placement(scale, scale)
    inspector = Inspector(default_recipe(), classifier, placement=placement)
    for drawn in (_lane(512, 2048), _lane(64, 300), np.random.default_rng(0).uniform(0, 255, (24, 40))):
        inspector.inspect(Frame(drawn.astype(np.uint8)))
        inspector.inspect(Frame((drawn * 16).astype(np.uint16), 12))
    lane = Frame(_lane(512, 2048).astype(np.uint8))
    Inspector(default_recipe(), classifier, calibration=calibrate([lane], placement)).input_health(lane)


def _lane(rows: int, columns: int) -> NDArray[np.float64]:
    """Draw a lane between two rims of foil, with noise, a hole and a streak."""
    drawn = np.random.default_rng(0).normal(60, 3, (rows, columns))
    drawn[:, : columns // 10] += 90
    drawn[:, -columns // 10 :] += 90
    drawn[rows // 2 : rows // 2 + 8, columns // 2 : columns // 2 + 8] += 90
    drawn[:, columns // 3] *= 1.3
    return drawn.clip(0, 255)
