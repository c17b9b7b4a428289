"""Lots: which webs are trained on, tuned on, and only asked about; their seeds are frozen.

training    the four products and twelve random styles, with strange shapes
validation  other cameras and webs of the products, two more random styles: for tuning
known       other cameras and webs of the products again: only asked
unseen      products, blur and pixel sizes that nothing was tuned or trained on: only asked
foreign     objects that nothing was trained on, on known and unseen products: only asked
golden      a few of every kind on other webs of the products: shipped, to compare models by
"""

from collections.abc import Iterable
from dataclasses import replace

from inspection.defect import Kind
from inspection.synthetic.foreign import FOREIGN
from inspection.synthetic.optics import stream
from inspection.synthetic.product import HELD_OUT, PRODUCTS, Product
from inspection.synthetic.styles import random_style
from models.samples import KINDS, STRANGE, Lot

_FRAMES = {
    Kind.PINHOLE: 5, Kind.BLISTER: 5, Kind.AGGLOMERATE: 6, Kind.METALLIC_PARTICLE: 5, Kind.BARE_SPOT: 5,
    Kind.STREAK: 14, Kind.SCRATCH: 10, Kind.CRACK: 11, Kind.DELAMINATION: 12, Kind.STAIN: 13,
    Kind.WRINKLE: 14, Kind.FOIL_CONTAMINATION: 9, Kind.EDGE_DEFECT: 7, Kind.SPLICE: 12,
}  # fmt: skip
"""So that each kind gives some sixty samples a lot."""

_STRANGE_FRAMES = 20
_FOREIGN_FRAMES = 3
_GOLDEN_SHARE, _GOLDEN_SPLICES = 0.15, 6
_RANDOM_STYLES = 12
_STYLE_SEED = 5

UNSEEN: tuple[Product, ...] = (
    *HELD_OUT.values(),
    replace(HELD_OUT["lmfp"], name="lmfp_coarse_px", mm_per_px=0.1, defocus_px=1.0, coating_gl=0.49),
    replace(HELD_OUT["silicon_graphite"], name="silicon_fine_px", mm_per_px=0.02, grain_px=1.8, coating_gl=0.14),
)
"""Greys, grains, noise, blur and pixel sizes outside what is trained on."""


def training() -> list[Lot]:
    """Return the webs that are trained on."""
    styles = [random_style(stream(_STYLE_SEED, n), f"style_{n}") for n in range(_RANDOM_STYLES)]
    frames = _frames(1.0, _STRANGE_FRAMES)
    return [Lot(product, 100 + n, frames) for n, product in enumerate([*PRODUCTS.values(), *styles])]


def validation() -> list[Lot]:
    """Return the webs that temperature and limits are set on."""
    styles = [random_style(stream(_STYLE_SEED, 50 + n), f"tuning_{n}") for n in range(2)]
    return _lots([*PRODUCTS.values(), *styles], 200, _frames(0.6, 8))


def known() -> list[Lot]:
    """Return webs of the products, only asked about."""
    return _lots(PRODUCTS.values(), 300, _frames(0.8))


def unseen() -> list[Lot]:
    """Return webs unlike any that was trained on, only asked about."""
    return _lots(UNSEEN, 400, _frames(0.8))


def foreign() -> list[Lot]:
    """Return webs with foreign objects, only asked about."""
    frames = tuple((name, _FOREIGN_FRAMES) for name in FOREIGN)
    return _lots([*PRODUCTS.values(), *HELD_OUT.values()], 500, frames)


def golden() -> list[Lot]:
    """Return webs for the shipped golden set."""
    frames = dict(_frames(_GOLDEN_SHARE, 1)) | {Kind.SPLICE.value: _GOLDEN_SPLICES}
    return _lots(PRODUCTS.values(), 600, tuple(frames.items()))


def replay() -> list[Lot]:
    """Return a few webs that keep a model from forgetting while it learns a plant's own crops."""
    styles = [random_style(stream(_STYLE_SEED, 80 + n), f"replay_{n}") for n in range(2)]
    return _lots([*PRODUCTS.values(), *styles], 700, _frames(0.5, 6))


def _lots(products: Iterable[Product], first_camera: int, frames: tuple[tuple[str, int], ...]) -> list[Lot]:
    return [Lot(product, first_camera + n, frames) for n, product in enumerate(products)]


def _frames(share: float, strange: int = 0) -> tuple[tuple[str, int], ...]:
    of_kinds = tuple((kind.value, max(round(_FRAMES[kind] * share), 1)) for kind in KINDS)
    return (*of_kinds, (STRANGE, strange)) if strange else of_kinds
