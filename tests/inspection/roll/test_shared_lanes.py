"""One lane before two cameras, the second of them mirrored: left edge from one, right edge from the other."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.lane_extents import lanes_in
from inspection.pipeline import look
from inspection.recipe import default_recipe
from inspection.roll.lanes import LaneSettings, PlannedLane
from inspection.synthetic.product import PRODUCTS
from inspection.synthetic.web import SyntheticWeb

MM = 0.05
SETTINGS = LaneSettings(plan=(PlannedLane(-90, -10), PlannedLane(4, width_mm=43)))


@dataclass(frozen=True)
class Half:
    """A camera that sees these columns of the web."""

    left: int
    right: int
    mirrored: bool
    calibration: Calibration | None = None

    def cut(self, frame: Frame) -> Frame:
        pixels = frame.pixels[:, self.left : self.right]
        return replace(frame, pixels=np.ascontiguousarray(pixels[:, ::-1] if self.mirrored else pixels))

    @property
    def placement(self) -> Placement:
        return Placement(MM, MM, cross_offset_mm=self.left * MM, mirrored=self.mirrored)

    def extents(self, frame: Frame):
        shown = self.cut(frame)
        web = look(shown, self.calibration, default_recipe()).web
        return lanes_in(web, self.calibration, SETTINGS, shown, 0.0).extents


@pytest.fixture(scope="module")
def halves() -> tuple[Half, Half]:
    web = SyntheticWeb(PRODUCTS["nmc"], 4, columns=1024, rows=384, camera_seed=77)
    frames = [web.frame(3 * index).frame for index in range(24)]
    bare = Half(0, 600, False), Half(480, 1024, True)
    one, other = (replace(half, calibration=calibrate([half.cut(f) for f in frames], half.placement)) for half in bare)
    return one, other


@pytest.mark.parametrize("index", range(4))
def test_the_lane_has_one_number_and_the_width_that_was_drawn(halves, index) -> None:
    drawn = SyntheticWeb(PRODUCTS["nmc"], 41, columns=1024, rows=384, camera_seed=77).frame(index)
    (left,), (right,) = (half.extents(drawn.frame) for half in halves)
    assert (left.lane, right.lane) == (2, 2)
    assert (left.left_in_sight, left.right_in_sight) == (True, False)
    assert (right.left_in_sight, right.right_in_sight) == (False, True)
    assert (left.width_mm, right.width_mm) == (None, None)
    true_mm = drawn.truth.edges_px[0].mean(axis=1) * MM
    assert (left.left_mm, right.right_mm) == pytest.approx(tuple(true_mm), abs=0.03)
    assert right.right_mm - left.left_mm == pytest.approx(true_mm[1] - true_mm[0], abs=0.05)
    assert left.left_wave_mm is not None
    assert right.right_wave_mm is not None
    assert (left.right_wave_mm, right.left_wave_mm) == (None, None)
