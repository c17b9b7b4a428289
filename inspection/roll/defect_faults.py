"""Defects as faults of the lanes that they reach."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from inspection.defect import Kind, Severity
from inspection.roll.extent import RollExtent
from inspection.roll.fault import Cause, Fault


class DefectPlace(NamedTuple):
    """What of a defect a roll is judged by; a tuple, of which a bad roll has a hundred thousand.

    Attributes
    ----------
    lane : int or None
        None on bare foil.
    from_mm, to_mm : float
        Along the web.
    left_mm, right_mm : float
        Across it.
    severity : Severity
    kind : Kind
    """

    lane: int | None
    from_mm: float
    to_mm: float
    left_mm: float
    right_mm: float
    severity: Severity
    kind: Kind

    @property
    def told(self) -> str:
        """What it is, in words."""
        return f"{self.severity.value} {self.kind.value}"

    def lanes(self, extent: RollExtent) -> Sequence[int | None]:
        """Tell which lanes it spoils; None is the whole width.

        A defect on bare foil spoils the lane to whose side of the slit the foil goes; one that is wider than its lane
        spoils its neighbours too; where no lane was found, the whole width.
        """
        across = extent.lanes_across(self.left_mm, self.right_mm)
        if self.lane is None:
            return across or [None]
        return across if self.lane in across else [self.lane, *across]


def defect_faults(defects: Iterable[DefectPlace], extent: RollExtent) -> Iterator[Fault]:
    """Tell of each defect which lanes it spoils."""
    for defect in defects:
        why = defect.told
        for lane in defect.lanes(extent):
            yield Fault(Cause.DEFECT, lane, defect.from_mm, defect.to_mm, defect.severity, why)
