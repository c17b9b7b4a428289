"""From the coater's coordinates to the next machine's: small steps that follow each other, each with its way back.

Along the web positions count from the roll's start; across it from the operator side. A step maps both with
`scale * place + shift`, so that steps join into one and every step can be undone.
"""

from dataclasses import dataclass

from inspection.roll.along import Stretch


@dataclass(frozen=True)
class Line:
    """A straight line from one coordinate to another, in mm: `scale * place + shift`; the scale is never 0."""

    scale: float = 1.0
    shift_mm: float = 0.0

    def of(self, place_mm: float) -> float:
        """Map one place."""
        return self.scale * place_mm + self.shift_mm

    def of_stretch(self, stretch: Stretch) -> Stretch:
        """Map a stretch; where the direction turns, its ends change places."""
        start, end = self.of(stretch[0]), self.of(stretch[1])
        return min(start, end), max(start, end)

    def then(self, after: "Line") -> "Line":
        """Join with a second step."""
        return Line(after.scale * self.scale, after.scale * self.shift_mm + after.shift_mm)

    def back(self) -> "Line":
        """Undo the step."""
        return Line(1 / self.scale, -self.shift_mm / self.scale)


SAME = Line()


@dataclass(frozen=True)
class Transform:
    """A step of the web from machine to machine.

    Attributes
    ----------
    along, across : Line
    """

    along: Line = SAME
    across: Line = SAME

    def then(self, after: "Transform") -> "Transform":
        """Join with a second step."""
        return Transform(self.along.then(after.along), self.across.then(after.across))

    def back(self) -> "Transform":
        """Undo the step."""
        return Transform(self.along.back(), self.across.back())


def head_cut(head_mm: float) -> Transform:
    """Cut web off the roll's start: what is left moves up."""
    return Transform(along=Line(1.0, -head_mm))


def rewound(length_mm: float) -> Transform:
    """Rewind a roll: its last metre comes first. Whatever was cut off its end must be out of `length_mm`."""
    return Transform(along=Line(-1.0, length_mm))


def slit(left_mm: float) -> Transform:
    """Slit a lane out of the web: it counts across from its own edge on the operator side."""
    return Transform(across=Line(1.0, -left_mm))


def turned_round(width_mm: float) -> Transform:
    """Put a roll on the shaft the other way round: operator side and drive side change places."""
    return Transform(across=Line(-1.0, width_mm))


def stretched(factor: float) -> Transform:
    """Take the next machine's measure: as long as it measures between two marks, over what the coater measured."""
    return Transform(along=Line(factor))
