"""Calibrated inspectors over synthetic webs, as every benchmark needs them."""

from dataclasses import dataclass, replace
from functools import cache

from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.classification import Classifier, load_classifier
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from inspection.recipe import default_recipe
from inspection.synthetic.order import Plan
from inspection.synthetic.plan import clean
from inspection.synthetic.product import HELD_OUT, PRODUCTS
from inspection.synthetic.web import SyntheticWeb
from models.registry import shipped_model

CALIBRATION_FRAMES = 24
_CAMERA = 900
ALL_PRODUCTS = PRODUCTS | HELD_OUT


@dataclass(frozen=True, eq=False)
class Station:
    """One product before one camera.

    Attributes
    ----------
    product : str
        A name in `ALL_PRODUCTS`.
    inspector : Inspector
    calibration : Calibration
    columns : int
        Of its camera.
    """

    product: str
    inspector: Inspector
    calibration: Calibration
    columns: int

    def web(self, seed: int, plan: Plan, *, skip: tuple[float, float] | None = None) -> SyntheticWeb:
        """Another web of the same product before the same camera; its patches may have other lengths."""
        drawn = ALL_PRODUCTS[self.product]
        product = replace(drawn, skip=skip or drawn.skip)
        return SyntheticWeb(product, seed, columns=self.columns, plan=plan, camera_seed=_CAMERA)


@cache
def station(product: str, columns: int = 4096) -> Station:
    """Calibrate on clean frames of a web that no benchmark looks at again."""
    drawn = ALL_PRODUCTS[product]
    web = SyntheticWeb(drawn, _CAMERA, columns=columns, plan=clean(), camera_seed=_CAMERA)
    frames = [web.frame(index).frame for index in range(CALIBRATION_FRAMES)]
    placement = Placement(mm_per_px_cross=drawn.mm_per_px, mm_per_px_down=drawn.mm_per_px)
    calibration = calibrate(frames, placement, camera="benchmark", version=1)
    inspector = Inspector(default_recipe(), _classifier(), calibration=calibration)
    return Station(product, inspector, calibration, columns)


@cache
def _classifier() -> Classifier:
    return load_classifier(shipped_model())
