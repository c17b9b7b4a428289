"""Warming up: a drawn frame is inspected, so that no camera waits for kernels to be compiled."""

import numpy as np

from inspection.calibrating import calibrate
from inspection.classification import Classifier
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from service.calibrations import recipe_from, recipe_text
from service.settings import Settings


def warm_up(settings: Settings, classifier: Classifier) -> None:
    """Inspect a drawn frame of either depth.

    It also shows before the first frame comes whether new rolls can be opened by the default recipe.
    """
    recipe = recipe_from(recipe_text(settings.data_dir, settings.default_recipe), settings.default_recipe)
    scale = settings.default_mm_per_px
    placement = Placement(scale, scale)
    noise = np.random.default_rng(0).normal(0, 3, (512, 2048))
    lane = np.where((np.arange(2048) > 200) & (np.arange(2048) < 1850), 60, 150)
    for bits in (8, 12):
        drawn = (lane + noise) * (1 << (bits - 8))
        drawn[250:262, 900:912] = 150 << (bits - 8)
        frame = Frame(drawn.astype(np.uint8) if bits == 8 else drawn.astype(np.uint16), bits)
        Inspector(recipe, classifier, placement=placement).inspect(frame)
        Inspector(recipe, classifier, calibration=calibrate([frame], placement)).input_health(frame)
