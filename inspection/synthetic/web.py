"""Web: the endless synthetic web, frame by frame.

In:  a product, a seed, a camera, a plan.
Out: frames with their truth, any of them at any time, always the same for the same seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.defect import EVENT_KINDS
from inspection.errors import InputError
from inspection.frame import Frame
from inspection.geometry import Box
from inspection.synthetic.measuring import measure_edge, measure_patch
from inspection.synthetic.optics import Camera, stream
from inspection.synthetic.order import Plan
from inspection.synthetic.painting import paint, shifted_edges, visible
from inspection.synthetic.placing import EdgeShift, Patch, Placed, place
from inspection.synthetic.plan import clean
from inspection.synthetic.product import Product
from inspection.synthetic.scene import Scene
from inspection.synthetic.truth import TrueDefect, Truth

_DRIFT_FRAMES = 300
_NOTHING = clean()


@dataclass(frozen=True, eq=False)
class SyntheticFrame:
    """A frame and what is true of it."""

    frame: Frame
    truth: Truth


class SyntheticWeb:
    """An endless web before one camera.

    Parameters
    ----------
    product : Product
    seed : int
        Fixes the web: its course, texture, defects and noise.
    columns, rows : int
        Size of a frame in px.
    bits : int
        Depth of the camera, 8 to 16.
    plan : Plan
        Which defects appear; none by default.
    camera_seed : int, optional
        Fixes lamp shade, column gains and dust; the web's seed by default. Webs of different
        seeds before the same camera are what calibration and production see.

    Raises
    ------
    InputError
        A negative seed or frame number, a depth that no frame has, too few columns for the product.
    """

    def __init__(
        self,
        product: Product,
        seed: int,
        *,
        columns: int = 4096,
        rows: int = 1024,
        bits: int = 8,
        plan: Plan = _NOTHING,
        camera_seed: int | None = None,
    ) -> None:
        _check_not_negative("a seed", seed)
        self.plan = plan
        camera = Camera.mounted(seed if camera_seed is None else camera_seed, columns, bits)
        self.scene = Scene.of(product, seed, rows, columns, camera)

    def frame(self, index: int) -> SyntheticFrame:
        """Frame `index` of the web; its first row is row index x rows of the web."""
        placed = self._placed(index)
        signal = self._signal(index, placed)
        frame = self.scene.camera.expose(signal, stream(self.scene.seed, 6, index))
        return SyntheticFrame(frame, self._truth(index, placed))

    def frames(self, start: int = 0) -> Iterator[SyntheticFrame]:
        """Endlessly, one frame after the other."""
        index = start
        while True:
            yield self.frame(index)
            index += 1

    def truth(self, index: int) -> Truth:
        """Tell what is true of frame `index` without drawing it."""
        return self._truth(index, self._placed(index))

    def signal(self, index: int) -> NDArray[np.float32]:
        """Frame `index` before photon and read noise, as shares of full scale, shape (rows, columns)."""
        return self._signal(index, self._placed(index))

    def _placed(self, index: int) -> tuple[Placed, ...]:
        _check_not_negative("a frame number", index)
        return place(self.scene, self.plan, index)

    def _signal(self, index: int, placed: tuple[Placed, ...]) -> NDArray[np.float32]:
        scene, rng = self.scene, stream(self.scene.seed, 4, index)
        first_row = index * scene.rows
        edges = shifted_edges(scene, first_row, _shifts(placed))
        signal = paint(scene, first_row, edges, _patches(placed), rng)
        signal *= scene.camera.gain * np.float32(self._lamp(index))
        signal *= scene.camera.flicker(scene.rows, rng)[:, None]
        return signal

    def _lamp(self, index: int) -> float:
        """Light of the lamp around 1, drifting slowly."""
        phase = stream(self.scene.seed, 7).uniform()
        return float(1 + self.plan.lamp_drift * np.sin(2 * np.pi * (index / _DRIFT_FRAMES + phase)))

    def _truth(self, index: int, placed: tuple[Placed, ...]) -> Truth:
        first_row = index * self.scene.rows
        edges = shifted_edges(self.scene, first_row, _shifts(placed))
        real = [patch for patch in _patches(placed) if not patch.order.look_alike]
        drawn = [measure_patch(self.scene, patch, first_row) for patch in real]
        drawn += [measure_edge(self.scene, shift, first_row, edges) for shift in _shifts(placed)]
        seen = sorted((thing for thing in drawn if thing is not None), key=lambda thing: thing.identity)
        return Truth(
            defects=_of_kind(seen, event=False),
            edges_px=edges,
            patches=self.scene.course.patches(first_row, self.scene.rows),
            look_alikes=tuple(self._look_alikes(first_row, placed)),
            events=_of_kind(seen, event=True),
        )

    def _look_alikes(self, first_row: int, placed: tuple[Placed, ...]) -> Iterator[Box]:
        for left, right in self.scene.camera.dust_px:
            yield Box(0, left, self.scene.rows, right)
        for patch in _patches(placed):
            box = visible(patch.box, first_row, self.scene.rows, self.scene.columns)
            if patch.order.look_alike and box is not None:
                yield box


def _patches(placed: tuple[Placed, ...]) -> list[Patch]:
    return [thing for thing in placed if isinstance(thing, Patch)]


def _shifts(placed: tuple[Placed, ...]) -> list[EdgeShift]:
    return [thing for thing in placed if isinstance(thing, EdgeShift)]


def _of_kind(seen: list[TrueDefect], *, event: bool) -> tuple[TrueDefect, ...]:
    return tuple(thing for thing in seen if (thing.kind in EVENT_KINDS) == event)


def _check_not_negative(what: str, number: int) -> None:
    if number < 0:
        raise InputError(f"expected {what} from 0, got {number}: count from 0 upwards")
