"""What survives naming: defects speak millimetres and hold no pixels.

The kinds and what they look like: see the table of kinds in this package's README.
"""

from dataclasses import dataclass
from enum import StrEnum

from inspection.geometry import Box


class Kind(StrEnum):
    """The name of a defect. `unknown` is an honest answer."""

    PINHOLE = "pinhole"
    BLISTER = "blister"
    AGGLOMERATE = "agglomerate"
    METALLIC_PARTICLE = "metallic_particle"
    BARE_SPOT = "bare_spot"
    STREAK = "streak"
    SCRATCH = "scratch"
    CRACK = "crack"
    DELAMINATION = "delamination"
    STAIN = "stain"
    WRINKLE = "wrinkle"
    FOIL_CONTAMINATION = "foil_contamination"
    EDGE_DEFECT = "edge_defect"
    SPLICE = "splice"
    UNKNOWN = "unknown"


EVENT_KINDS = frozenset({Kind.SPLICE})
"""Seen and reported, but no defect: listed under `events`."""


class Severity(StrEnum):
    """How bad a defect is by the recipe's limits."""

    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Finding:
    """A named candidate, measured but not yet judged.

    Attributes
    ----------
    kind : Kind
        Its most probable name, or `unknown`.
    probability : float
        The classifier's calibrated probability of that name, 0 to 1.
    lane : int or None
        Lane it lies in, from 1 on the operator side; None on bare foil.
    box : Box
        Extent in full-frame pixels.
    down_mm, cross_mm : float
        Box centre on the web.
    length_mm, width_mm : float
        Extent along and across the web.
    area_mm2 : float
        Area of its own pixels, not of the box.
    contrast_sigma : float
        Strongest deviation in multiples of the local noise, signed: bright is positive.
    unlike_product : float or None
        How far from clean web of this product, whatever the kind: 1 is further than 999 of 1000 clean crops. An
        opinion for people, no verdict rests on it. None where clean web was not learnt.
    """

    kind: Kind
    probability: float
    lane: int | None
    box: Box
    down_mm: float
    cross_mm: float
    length_mm: float
    width_mm: float
    area_mm2: float
    contrast_sigma: float
    unlike_product: float | None = None


@dataclass(frozen=True)
class Defect:
    """A finding with its severity."""

    finding: Finding
    severity: Severity
    needs_review: bool
