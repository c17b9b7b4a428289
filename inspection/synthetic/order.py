"""Order: one thing to be drawn, the slot it begins in, and the plan it comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from numpy.random import Generator

from inspection.defect import Kind
from inspection.synthetic.ground import Over
from inspection.synthetic.kinds import Draw, Place
from inspection.synthetic.optics import stream

LONGEST_PATCH_PX = 700
"""No shape but a streak reaches farther along the web."""


@dataclass(frozen=True)
class Slot:
    """A stretch of web as long as a frame.

    Attributes
    ----------
    seed : int
    index : int
    rows : int
    mm_per_px : float
    """

    seed: int
    index: int
    rows: int
    mm_per_px: float

    @property
    def rng(self) -> Generator:
        """Random numbers of this slot's plan."""
        return stream(self.seed, 2, self.index)


@dataclass(frozen=True, eq=False)
class Order:
    """One thing to be drawn.

    Attributes
    ----------
    kind : Kind
    draw : callable, optional
        Draws its shape; edge defects have none.
    place : Place
    reach_px : int
        Longest it may be along the web.
    exact_sigma : float, optional
        Strength that it is scaled to, in noise sigmas.
    exact_over : {"mean3", "pixel"}
        What those sigmas count: 3x3 means or single pixels.
    apart_px : int
        Distance kept from others and from lane edges.
    fixed : tuple of (int, float), optional
        Row of the slot, and share of the coated width, where it must begin.
    shape_seed : int, optional
        Given to things that always look the same.
    look_alike : bool
        It is no defect.
    """

    kind: Kind
    draw: Draw | None
    place: Place = Place.COATING
    reach_px: int = LONGEST_PATCH_PX
    exact_sigma: float | None = None
    exact_over: Over = "mean3"
    apart_px: int = 10
    fixed: tuple[int, float] | None = None
    shape_seed: int | None = None
    look_alike: bool = False


Orders: TypeAlias = tuple[Order, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What happens along a web.

    Attributes
    ----------
    orders : callable
        Orders that begin in a slot.
    reach_px : int
        How far they may reach into later slots; 0 keeps every one within its frame.
    lamp_drift : float
        How far the lamp's light swings to either side, as a share.
    """

    orders: Callable[[Slot], Orders]
    reach_px: int = 0
    lamp_drift: float = 0.0
