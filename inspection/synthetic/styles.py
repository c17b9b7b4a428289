"""Styles: products that nobody named, drawn at random around those that are.

In:  a generator.
Out: a product whose grey, grain, noise, blur, lanes and pixel size are its own.
"""

import numpy as np
from numpy.random import Generator

from inspection.synthetic.product import Product


def random_style(rng: Generator, name: str) -> Product:
    """Draw a product from what coating lines are known to run.

    Foil is always at least 1.4 times as bright as coating. Grain stays below that of the coarsest
    held-out product, so that those remain what they are: something else.
    """
    coating = rng.uniform(0.17, 0.44)
    return Product(
        name,
        coating_gl=coating,
        foil_gl=rng.uniform(max(1.4 * coating, 0.52), 0.84),
        grain_sigma=rng.uniform(1.6, 3.8) / 255,
        grain_px=rng.uniform(0.45, 1.35),
        roll_sigma=rng.uniform(0.0002, 0.0006),
        foil_sigma=rng.uniform(0.004, 0.010),
        foil_line_sigma=rng.uniform(0.004, 0.015),
        line_px=rng.uniform(40, 90),
        lanes=int(rng.integers(1, 4)),
        edge_blur_px=rng.uniform(0.8, 1.6),
        mm_per_px=float(np.exp(rng.uniform(np.log(0.025), np.log(0.1)))),
        defocus_px=rng.uniform(0.3, 0.9) if rng.random() < 0.5 else 0.0,
    )
