"""Rolls made by hand: three lanes of 200 mm with foil between them, and faults for properties."""

from hypothesis import strategies as st

from inspection.defect import Kind, Severity
from inspection.roll.defect_faults import DefectPlace
from inspection.roll.extent import LaneStrip, RollExtent
from inspection.roll.fault import Cause, Fault

STRIPS = tuple(LaneStrip(lane, 220.0 * lane, 220.0 * lane + 200, 200.0) for lane in (1, 2, 3))
ROLL = RollExtent(0.0, 1_000_000.0, STRIPS)


def fault(
    from_m: float,
    to_m: float,
    severity: Severity | None = Severity.CRITICAL,
    lane: int | None = 1,
    cause: Cause = Cause.DEFECT,
    why: str = "critical bare_spot",
) -> Fault:
    return Fault(cause, lane, from_m * 1e3, to_m * 1e3, severity, why)


def unseen(from_m: float, to_m: float, lane: int | None = None) -> Fault:
    return fault(from_m, to_m, None, lane, Cause.NOT_INSPECTED, "not inspected: missing")


def wrinkle(from_mm: float, to_mm: float, left_mm: float, right_mm: float, lane: int | None) -> DefectPlace:
    return DefectPlace(lane, from_mm, to_mm, left_mm, right_mm, Severity.MAJOR, Kind.WRINKLE)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    cause = draw(st.sampled_from(Cause))
    unknown = cause in (Cause.NOT_INSPECTED, Cause.HELD, Cause.SPLICE)
    start, length = draw(st.integers(0, 999)), draw(st.sampled_from([0, 0.0004, 0.3, 7, 120]))
    return fault(
        start,
        min(start + length, 1000),
        None if unknown else draw(st.sampled_from(Severity)),
        draw(st.sampled_from([None, 1, 2, 3])),
        cause,
        draw(st.sampled_from(["one", "other"])),
    )


fault_lists = st.lists(faults(), max_size=30)
