"""Kinds: for each one how it is drawn and what it lies on."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from numpy.random import Generator

from inspection.defect import Kind
from inspection.synthetic.areas import bare_spot, delamination, foil_contamination, splice, stain
from inspection.synthetic.ground import Ground, Shape
from inspection.synthetic.spots import agglomerate, blister, metallic_particle, pinhole
from inspection.synthetic.traces import crack, scratch, wrinkle

Draw: TypeAlias = Callable[[Generator, Ground], Shape]


class Place(StrEnum):
    """What a defect lies on."""

    COATING = "coating"
    FOIL = "foil"
    EDGE = "edge"
    WEB = "web"


DRAWN: dict[Kind, Draw] = {
    Kind.PINHOLE: pinhole,
    Kind.BLISTER: blister,
    Kind.AGGLOMERATE: agglomerate,
    Kind.METALLIC_PARTICLE: metallic_particle,
    Kind.BARE_SPOT: bare_spot,
    Kind.SCRATCH: scratch,
    Kind.CRACK: crack,
    Kind.DELAMINATION: delamination,
    Kind.STAIN: stain,
    Kind.WRINKLE: wrinkle,
    Kind.FOIL_CONTAMINATION: foil_contamination,
    Kind.SPLICE: splice,
}
"""Kinds drawn as a patch. A streak needs a length besides, and an edge defect moves the edge itself."""

DEFECTS = tuple(kind for kind in Kind if kind not in (Kind.SPLICE, Kind.UNKNOWN))
"""Every kind that is a defect and can be drawn."""

PLACES = {Kind.FOIL_CONTAMINATION: Place.FOIL, Kind.EDGE_DEFECT: Place.EDGE, Kind.SPLICE: Place.WEB}
"""Where kinds lie that do not lie on coating."""
