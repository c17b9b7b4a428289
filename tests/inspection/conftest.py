"""Small webs, their calibrations, and a network that always gives the same answer."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.candidates import CHANNELS, FEATURES
from inspection.classification import Classifier
from inspection.geometry import Placement
from inspection.onnx_model import Card
from inspection.synthetic.plan import clean
from inspection.synthetic.product import PRODUCTS, Product
from inspection.synthetic.web import SyntheticWeb

CAMERA_SEED = 77
ROWS = 384


@dataclass(frozen=True)
class Line:
    """One product before one small camera, and how to draw more of it."""

    product: Product
    columns: int
    calibration: Calibration
    bits: int = 8

    def web(self, plan=None, seed=5, rows=ROWS) -> SyntheticWeb:
        return SyntheticWeb(
            self.product, seed, columns=self.columns, rows=rows, bits=self.bits, plan=plan or clean(),
            camera_seed=CAMERA_SEED,
        )  # fmt: skip

    def drawn(self, plan=None, index=0, seed=5, rows=ROWS):
        return self.web(plan, seed, rows).frame(index)


def calibrated(product: Product, columns: int, *, frames: int = 24, bits: int = 8) -> Line:
    """Calibrate from frames far from each other, as an ordinary day shows them."""
    web = SyntheticWeb(product, 4, columns=columns, rows=ROWS, bits=bits, camera_seed=CAMERA_SEED)
    seen = [web.frame(3 * index).frame for index in range(frames)]
    return Line(product, columns, calibrate(seen, Placement(), camera="cam-1", version=3), bits)


@pytest.fixture(scope="session")
def graphite() -> Line:
    """Two lanes in 8 bits."""
    return calibrated(PRODUCTS["graphite"], 1536)


@pytest.fixture(scope="session")
def deep() -> Line:
    """One lane in 12 bits."""
    return calibrated(PRODUCTS["nmc"], 1024, bits=12)


@pytest.fixture(scope="session")
def skipped() -> Line:
    """Two lanes with bare gaps along the web."""
    return calibrated(replace(PRODUCTS["graphite_skip"], skip=(12.0, 4.0)), 1024)


class FixedNetwork:
    """Gives every candidate the same probabilities, and remembers what it was asked."""

    def __init__(self, **probabilities: float) -> None:
        self.kinds = tuple(probabilities)
        self.asked: list[int] = []
        self._row = np.array(list(probabilities.values()), np.float32)

    def probabilities(self, crops, features):
        self.asked.append(len(crops))
        return np.tile(self._row, (len(crops), 1))


def card_for(network: FixedNetwork, **other) -> Card:
    told = {
        "name": "fixed", "version": "1", "sha256": "0" * 64, "precision": "fp32", "kinds": network.kinds,
        "channels": CHANNELS, "features": FEATURES, "unknown_below": 0.5,
    }  # fmt: skip
    return Card(**(told | other))


@pytest.fixture
def network() -> FixedNetwork:
    return FixedNetwork(pinhole=0.9, blister=0.1)


@pytest.fixture
def classifier(network) -> Classifier:
    """Names everything a pinhole."""
    return Classifier(network, card_for(network))


@pytest.fixture
def classifier_of():
    """Make a classifier that gives everything these probabilities."""

    def make(**probabilities: float) -> Classifier:
        network = FixedNetwork(**probabilities)
        return Classifier(network, card_for(network))

    return make
