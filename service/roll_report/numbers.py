"""Numbers, moments and names as people read them."""

from inspection.defect import Kind


def moment(stamp: str) -> str:
    """Write a moment of the store for people: UTC, to the second."""
    return f"{stamp[:19].replace('T', ' ')} UTC" if len(stamp) > 19 else stamp


def spaced(number: float, digits: int = 0) -> str:
    """Write a number with narrow spaces between thousands."""
    return f"{number:,.{digits}f}".replace(",", "\u202f")


def metres(mm: float, digits: int) -> str:
    """Write a length in metres, without its unit."""
    return spaced(mm / 1e3, digits)


def left_out(shown: int, total: int, what: str) -> str:
    """Say that only some are shown; nothing where all are."""
    return f"Shown: {spaced(shown)} of {spaced(total)} {what}." if shown < total else ""


def lane_called(lane: int | None) -> str:
    """Name a lane; None is the whole width."""
    return "whole width" if lane is None else f"lane {lane}"


def reason(told: str) -> str:
    """Print a reason as paper has it: kinds without underscores, and a sign of its own for what is allowed around."""
    for kind in Kind:
        told = told.replace(kind.value, kind.value.replace("_", " "))
    return told.replace("+-", "\u00b1")
