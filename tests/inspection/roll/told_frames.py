"""Frames of a roll as two cameras tell them: seams, streaks, splices, and places that both see."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from inspection.defect import Defect, Finding, Kind, Severity
from inspection.geometry import Box, View
from inspection.record import FrameRecord, ModelRef, RecipeRef
from inspection.roll.pieces import Origin, Piece, Splice, pieces_of, splices_of
from inspection.verdict import Verdict

ROWS, COLUMNS, MM_PER_PX = 1024, 2048, 0.05
FRAME_MM = ROWS * MM_PER_PX
OVERLAP_MM = 20.0
VIEWS = {"left": View(0.0, 102.4), "right": View(90.0, 192.4)}


@dataclass(frozen=True)
class Thing:
    """Something on the web, in mm."""

    kind: Kind
    from_mm: float
    to_mm: float
    left_mm: float
    right_mm: float
    severity: Severity = Severity.MINOR


@dataclass(frozen=True)
class ToldFrame:
    record: FrameRecord
    origin: Origin

    @property
    def pieces(self) -> list[Piece]:
        return pieces_of(self.record, self.origin, OVERLAP_MM)

    @property
    def splices(self) -> list[Splice]:
        return splices_of(self.record, self.origin.view)


def told(things: Sequence[Thing], camera: str, index: int, *, offset_mm: float = 0.0) -> ToldFrame:
    """What one camera's frame tells of the things in its sight; positions as the frame's own pixels have them."""
    view, start_mm = VIEWS[camera], index * FRAME_MM + offset_mm
    seen = [(thing, box) for thing in things if (box := _box(thing, view, start_mm))]
    findings = [(_finding(thing, box, view, start_mm), thing.severity) for thing, box in seen]
    record = FrameRecord(
        verdict=Verdict.WARN,
        reasons=(),
        defects=tuple(Defect(found, severity, False) for found, severity in findings if found.kind is not Kind.SPLICE),
        events=tuple(found for found, _ in findings if found.kind is Kind.SPLICE),
        lanes=(),
        timing_ms={},
        recipe=RecipeRef("default", 1),
        calibration=None,
        model=ModelRef("fake", "1", "f" * 64),
    )
    number = 2 * index + list(VIEWS).index(camera) + 1
    return ToldFrame(record, Origin(number, camera, view, ROWS, f"2030-01-01T00:00:{number:05d}"))


def _box(thing: Thing, view: View, start_mm: float) -> Box | None:
    top, bottom = ((edge - start_mm) / MM_PER_PX for edge in (thing.from_mm, thing.to_mm))
    left, right = ((edge - view.left_mm) / MM_PER_PX for edge in (thing.left_mm, thing.right_mm))
    top, left, bottom, right = (
        round(max(top, 0)),
        round(max(left, 0)),
        round(min(bottom, ROWS)),
        round(min(right, COLUMNS)),
    )
    return Box(top, left, bottom, right) if bottom - top >= 3 and right - left >= 3 else None


def _finding(thing: Thing, box: Box, view: View, start_mm: float) -> Finding:
    row, column = box.centre
    return Finding(
        kind=thing.kind,
        probability=0.9,
        lane=1,
        box=box,
        down_mm=start_mm + row * MM_PER_PX,
        cross_mm=view.left_mm + column * MM_PER_PX,
        length_mm=box.height * MM_PER_PX,
        width_mm=box.width * MM_PER_PX,
        area_mm2=box.height * box.width * MM_PER_PX**2,
        contrast_sigma=20.0,
    )


def _extents(sizes: st.SearchStrategy[float], width_mm: float) -> st.SearchStrategy[tuple[float, float, float]]:
    return st.tuples(st.floats(0, 400), sizes, st.floats(0, 192 - width_mm))


def _spots() -> st.SearchStrategy[Thing]:
    place = _extents(st.floats(0.3, 12), 3)
    kinds = st.sampled_from([Kind.PINHOLE, Kind.STAIN, Kind.SCRATCH, Kind.UNKNOWN])
    return st.builds(
        lambda kind, at, width, worst: Thing(kind, at[0], at[0] + at[1], at[2], at[2] + width, worst),
        kinds, place, st.floats(0.3, 3), st.sampled_from(list(Severity)),
    )  # fmt: skip


def _streaks() -> st.SearchStrategy[Thing]:
    return st.builds(
        lambda at, width: Thing(Kind.STREAK, at[0], at[0] + at[1], at[2], at[2] + width),
        _extents(st.floats(5, 400), 1), st.floats(0.2, 0.8),
    )  # fmt: skip


def _bands() -> st.SearchStrategy[Thing]:
    return st.builds(lambda at: Thing(Kind.SPLICE, at, at + 8, 0, 192.4), st.floats(20, 380))


@st.composite
def rolls(draw: st.DrawFn) -> list[ToldFrame]:
    """Frames of both cameras; some never came, and the cameras' lines begin at different places."""
    things = draw(st.lists(_spots(), max_size=12)) + draw(st.lists(_streaks(), max_size=4))
    things += draw(st.lists(_bands(), max_size=2))
    offset_mm = draw(st.floats(0, FRAME_MM))
    frames = [told(things, "left", index) for index in range(9)]
    frames += [told(things, "right", index, offset_mm=offset_mm) for index in range(8)]
    lost = draw(st.sets(st.integers(0, len(frames) - 1), max_size=4))
    return [frame for place, frame in enumerate(frames) if place not in lost]
