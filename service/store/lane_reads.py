"""What is read of a roll's lanes: sums by metre, and the patches of skip coating."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, literal, select

from inspection.roll.lane_series import LANE_MEASURES, SUMS, LaneId, LaneSums, together
from inspection.roll.patches import Intervals, joined, unpack
from service.store.tables import lane_metres, lane_patches, metre_counts

_MEASURES = [f"{name}_{part}" for name in LANE_MEASURES for part in SUMS]


@dataclass(frozen=True, eq=False)
class LanePieces:
    """Coated intervals of one lane as one camera's frames cut them; see `inspection.roll.patches`.

    Attributes
    ----------
    lane : LaneId
    pieces : structured ndarray
    seen : Intervals
        What of the web the frames show.
    """

    lane: LaneId
    pieces: NDArray[Any]
    seen: Intervals


def lane_sums(connection: Connection, roll_id: str, *, planned: bool, since_m: int | None = None) -> list[LaneSums]:
    """List the sums of a roll's lanes.

    Parameters
    ----------
    connection : Connection
    roll_id : str
    planned : bool
        Whether numbers are those of a plan: then what several cameras saw of a lane is one lane's.
    since_m : int, optional
        Only metres from this one on.
    """
    seen: dict[LaneId, list[LaneSums]] = {}
    for camera_id, side in _cameras(connection, roll_id):
        lane = LaneId(side, "" if planned else camera_id, 0)
        for sums in _sums_of(connection, roll_id, camera_id, lane, since_m):
            seen.setdefault(sums.lane, []).append(sums)
    return [together(seen[lane]) for lane in sorted(seen)]


def lane_pieces(connection: Connection, roll_id: str, *, planned: bool) -> list[LanePieces]:
    """List the coated intervals of a roll's skip-coated lanes.

    Cameras that share a lane see the same patches: by plan, the one that has more of it counts.
    """
    most: dict[LaneId, LanePieces] = {}
    for camera_id, side in _cameras(connection, roll_id):
        for pieces in _pieces_of(connection, roll_id, camera_id, LaneId(side, "" if planned else camera_id, 0)):
            if pieces.lane not in most or len(pieces.pieces) > len(most[pieces.lane].pieces):
                most[pieces.lane] = pieces
    return [most[lane] for lane in sorted(most)]


def defects_by_metre(connection: Connection, roll_id: str, *, planned: bool) -> dict[LaneId, dict[int, int]]:
    """Count the defects of each lane by metre."""
    columns, seen = metre_counts.c, lane_metres.c
    face = select(seen.camera_id, seen.side).where(seen.roll_id == roll_id).distinct().subquery()
    camera = literal("") if planned else columns.camera_id
    group = [face.c.side, *([] if planned else [camera]), columns.lane, columns.metre]
    question = select(face.c.side, camera, columns.lane, columns.metre, func.sum(columns.count))
    question = question.join_from(metre_counts, face, face.c.camera_id == columns.camera_id)
    counted: dict[LaneId, dict[int, int]] = {}
    for *lane, metre, count in connection.execute(question.where(columns.roll_id == roll_id).group_by(*group)):
        counted.setdefault(LaneId(*lane), {})[metre] = int(count)
    return counted


def lane_metres_seen(connection: Connection, roll_id: str) -> dict[int, set[int]]:
    """Tell in which metres any camera found each lane, by its number."""
    columns = lane_metres.c
    question = select(columns.lane, columns.metre).where(columns.roll_id == roll_id).distinct()
    found: dict[int, set[int]] = {}
    for lane, metre in connection.execute(question):
        found.setdefault(lane, set()).add(metre)
    return found


def _cameras(connection: Connection, roll_id: str) -> list[tuple[str, str]]:
    """List the cameras that saw lanes, each with the face of the web that it looks at."""
    question = select(lane_metres.c.camera_id, lane_metres.c.side).where(lane_metres.c.roll_id == roll_id).distinct()
    return sorted((camera_id, side) for camera_id, side in connection.execute(question))


def _sums_of(
    connection: Connection, roll_id: str, camera_id: str, lane: LaneId, since_m: int | None
) -> Iterator[LaneSums]:
    columns = [lane_metres.c[name] for name in ("lane", "metre", "seen_mm2", *_MEASURES)]
    question = select(*columns).filter_by(roll_id=roll_id, camera_id=camera_id).order_by(lane_metres.c.metre)
    if since_m is not None:
        question = question.where(lane_metres.c.metre >= since_m)
    told = [tuple(row) for row in connection.execute(question)]
    rows = np.array(told, np.float64).reshape(len(told), len(columns))
    for number in np.unique(rows[:, 0]).astype(int).tolist():
        own = rows[rows[:, 0] == number]
        sums = own[:, 3:].reshape(len(own), len(LANE_MEASURES), len(SUMS))
        yield LaneSums(replace(lane, lane=number), own[:, 1].astype(np.int64), own[:, 2], sums)


def _pieces_of(connection: Connection, roll_id: str, camera_id: str, lane: LaneId) -> Iterator[LanePieces]:
    columns = lane_patches.c
    question = select(columns.from_mm, columns.to_mm, columns.patches)
    rows = connection.execute(question.filter_by(roll_id=roll_id, camera_id=camera_id)).all()
    if not rows:
        return
    from_mm, to_mm, packed = zip(*rows, strict=True)
    seen = joined(np.array(from_mm), np.array(to_mm))
    for number, pieces in unpack(packed).items():
        yield LanePieces(replace(lane, lane=number), pieces, seen)
