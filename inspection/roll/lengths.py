"""Lengths of web: intervals along it, in mm."""

from collections.abc import Iterable
from typing import TypeAlias

Length: TypeAlias = tuple[float, float]
"""From where to where, in mm from the start of the roll."""


def merged(lengths: Iterable[Length]) -> list[Length]:
    """Join lengths that overlap or touch; those that remain stand in the order of the web."""
    joined: list[Length] = []
    for begin, end in sorted(lengths):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined
