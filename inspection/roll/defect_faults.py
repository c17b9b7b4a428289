"""Defects as faults of the lanes that they reach."""

from collections.abc import Iterable, Iterator, Sequence

from inspection.roll.extent import RollExtent
from inspection.roll.fault import Cause, Fault
from inspection.roll.web_defect import WebDefect


def defect_faults(defects: Iterable[WebDefect], extent: RollExtent) -> Iterator[Fault]:
    """Tell of each defect which lanes it spoils.

    A defect on bare foil spoils the lane to whose side of the slit the foil goes; one that is wider than its lane
    spoils its neighbours too; where no lane was found, the whole width.
    """
    for defect in defects:
        why = f"{defect.severity} {defect.kind}"
        for lane in lanes_of_defect(defect, extent):
            yield Fault(Cause.DEFECT, lane, defect.from_mm, defect.to_mm, defect.severity, why)


def lanes_of_defect(defect: WebDefect, extent: RollExtent) -> Sequence[int | None]:
    """Tell which lanes a defect spoils; None is the whole width."""
    across = extent.lanes_across(defect.left_mm, defect.right_mm)
    if defect.lane is None:
        return across or [None]
    return across if defect.lane in across else [defect.lane, *across]
