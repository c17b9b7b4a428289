"""Scene: everything about a web and its camera that stays the same from frame to frame."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.synthetic.course import Course
from inspection.synthetic.ground import Ground, Over
from inspection.synthetic.optics import Camera, stream
from inspection.synthetic.product import Product
from inspection.synthetic.texture import Texture

_SMOOTH_COLUMNS = 65


@dataclass(frozen=True, eq=False)
class Scene:
    """A web before a camera.

    Attributes
    ----------
    product : Product
    seed : int
    rows, columns : int
        Size of a frame.
    camera : Camera
    shade : ndarray of shape (columns,), float64
        The camera's gain without what changes from column to column.
    course : Course
    coating, foil : Texture
    """

    product: Product
    seed: int
    rows: int
    columns: int
    camera: Camera
    shade: NDArray[np.float64]
    course: Course
    coating: Texture
    foil: Texture

    @classmethod
    def of(cls, product: Product, seed: int, rows: int, columns: int, camera: Camera) -> Self:
        """Lay out the web of a seed."""
        rng = stream(seed, 0)
        shade = cv2.blur(camera.gain[None].astype(np.float64), (_SMOOTH_COLUMNS, 1))[0]
        return cls(
            product,
            seed,
            rows,
            columns,
            camera,
            shade,
            Course.of(product, columns, rng),
            Texture.coating(product, rng, rows, columns),
            Texture.foil(product, rng, rows, columns),
        )

    def ground(self, column: float, room_px: tuple[int, int], surface: Texture) -> Ground:
        """Describe the surface around a column."""
        mean3 = self.noise_sigma(surface, column, "mean3")
        return Ground(surface, self.foil, mean3, room_px)

    def noise_sigma(self, surface: Texture, column: float, over: Over) -> float:
        """Noise of one pixel or of a 3x3 mean around a column, grain and sensor, as a share of full scale.

        It is what the camera shows, divided by the light there: deviations of reflectance compare with it.
        """
        shade = float(self.shade[int(np.clip(column, 0, self.columns - 1))])
        sensor = float(self.camera.noise_variance(surface.level * shade)) / shade**2
        if over == "pixel":
            return float(np.sqrt(surface.sigma**2 + sensor))
        return float(np.sqrt(surface.mean3_sigma**2 + sensor / 9))
