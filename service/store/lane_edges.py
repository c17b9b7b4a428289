"""Where cameras saw the edges of lanes, metre by metre; see the table `lane_metres`."""

from typing import Final, Literal, TypeAlias

from sqlalchemy import Connection, func, select

from inspection.geometry import View
from inspection.roll.overlap import Edge
from service.store.tables import lane_metres

Rim: TypeAlias = Literal["left", "right"]
_RIMS: Final[tuple[Rim, ...]] = ("left", "right")


def edges_between(connection: Connection, roll_id: str, camera_id: str, from_mm: float, to_mm: float) -> list[Edge]:
    """List the edges that a camera saw between two places across the web, each the mean of a metre."""
    return [edge for rim in _RIMS for edge in _edges(connection, roll_id, camera_id, rim, (from_mm, to_mm))]


def _edges(
    connection: Connection, roll_id: str, camera_id: str, rim: Rim, between_mm: tuple[float, float]
) -> list[Edge]:
    n, total = lane_metres.c[f"{rim}_mm_n"], lane_metres.c[f"{rim}_mm_sum"]
    question = select(lane_metres.c.metre, total / n).filter_by(roll_id=roll_id, camera_id=camera_id)
    question = question.where(n > 0, total.between(between_mm[0] * n, between_mm[1] * n))
    return [Edge(metre, rim, cross_mm) for metre, cross_mm in connection.execute(question)]


def lanes_reach(connection: Connection, roll_id: str, camera_id: str, view: View) -> tuple[float, float] | None:
    """Tell from where to where a camera saw lanes, in mm across the web; None where it saw none.

    A lane whose edge is not in sight is taken to reach the rim of the view.
    """
    columns = lane_metres.c
    left_mm, right_mm = (
        func.sum(columns[f"{rim}_mm_sum"]) / func.nullif(func.sum(columns[f"{rim}_mm_n"]), 0) for rim in _RIMS
    )
    question = select(func.coalesce(left_mm, view.left_mm), func.coalesce(right_mm, view.right_mm))
    question = question.filter_by(roll_id=roll_id, camera_id=camera_id).group_by(columns.lane)
    lanes = connection.execute(question).all()
    return (float(min(left for left, _ in lanes)), float(max(right for _, right in lanes))) if lanes else None
