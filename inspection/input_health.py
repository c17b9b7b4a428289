"""Input health: six numbers that tell how the input of a frame compares with its camera's calibration.

A record of numbers; `input_measuring` makes them.
"""

from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True)
class InputHealth:
    """How the input of one frame compares with its calibration.

    Attributes
    ----------
    lamp : float
        Light on the coating; 1 as calibrated.
    flicker : float
        Robust standard deviation of the rows' light, as a share of it.
    focus : float
        Sharpness of lane edges; 1 as calibrated, NaN where no edge is in sight.
    flat_field : float
        How far the light across the web departs from its calibrated shape, as a share of it.
    noise : float
        Restlessness of coating in 3x3 means under this light; 1 as calibrated, NaN where none can be judged.
    saturated : float
        Share of pixels at full scale.
    """

    lamp: float
    flicker: float
    focus: float
    flat_field: float
    noise: float
    saturated: float


MEASURES: Final = tuple(field.name for field in fields(InputHealth))
"""The names of the six."""
