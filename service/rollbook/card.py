"""One roll at a glance: what it was opened with, how much of it was seen and by whom, what is doubtful."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspection.defect import Severity
from inspection.geometry import View
from inspection.roll.lengths import merged
from service.errors import UnknownRoll
from service.openings import free_of
from service.rollbook.facts import RollFact, facts_of
from service.rollbook.listing import RollLine, line_of
from service.rollbook.not_inspected import CameraLost, lost_by, lost_m
from service.store import reads
from service.store.camera_views import views_of
from service.store.connection import Connection
from service.store.entries import Extent
from service.store.roll_list import one_listed
from service.store.webs import splices_of

_CLOSED = "roll-closed"
"""Name of the problem that cameras of a closed roll are told."""


@dataclass(frozen=True)
class CameraOnRoll:
    """What one camera saw of a roll.

    Attributes
    ----------
    camera_id : str
    calibration_version : int or None
        None: it was not calibrated.
    view : View or None
        None until a frame was answered.
    frames : int
        That were answered.
    from_m, to_m : float or None
        The web from the first of them to the last.
    frames_not_inspected : int
    not_inspected_m : float
    """

    camera_id: str
    calibration_version: int | None
    view: View | None
    frames: int
    from_m: float | None
    to_m: float | None
    frames_not_inspected: int
    not_inspected_m: float


@dataclass(frozen=True)
class SpliceOnRoll:
    """Where two webs are joined, in metres from the start of the roll; what two cameras saw is one."""

    from_m: float
    to_m: float


@dataclass(frozen=True)
class RollCard(RollLine):
    """A roll at a glance.

    Attributes
    ----------
    supplier_lots : tuple of str
    fields : mapping of str to str
    length_m : float
        From the first web that was seen to the last.
    frames : int
        That were answered.
    cameras : tuple of CameraOnRoll
    splices : tuple of SpliceOnRoll
    defects : mapping of {"minor", "major", "critical"} to int
    frames_not_inspected : int
    not_inspected_m : float
        Length of web that at least one camera did not see.
    frames_after_closing : int
        Of those not inspected: they came when the roll was closed, and count like all others.
    facts : tuple of RollFact
        What makes its places doubtful.
    """

    supplier_lots: tuple[str, ...]
    fields: Mapping[str, str]
    length_m: float
    frames: int
    cameras: tuple[CameraOnRoll, ...]
    splices: tuple[SpliceOnRoll, ...]
    defects: Mapping[str, int]
    frames_not_inspected: int
    not_inspected_m: float
    frames_after_closing: int
    facts: tuple[RollFact, ...]


def roll_card(connection: Connection, roll_id: str) -> RollCard:
    """Show a roll.

    Raises
    ------
    UnknownRoll
        Nobody opened it and no frame was sent of it.
    """
    roll = one_listed(connection, roll_id)
    if roll is None:
        raise UnknownRoll(f"expected a roll that was opened or had frames, there is none of the name {roll_id}")
    free = free_of(roll.entry)
    names = reads.cameras_of_roll(connection, roll_id)
    extents = [reads.extent(connection, name, roll_id) for name in names]
    lost = [lost_by(connection, roll_id, name) for name in names]
    return RollCard(
        **vars(line_of(roll)),
        supplier_lots=free.supplier_lots,
        fields=free.fields,
        length_m=_length_m(extents),
        frames=sum(extent.frames for extent in extents),
        cameras=_cameras(connection, roll_id, extents, lost),
        splices=_splices(connection, roll_id),
        defects={severity.value: 0 for severity in Severity} | reads.severities(connection, roll_id),
        frames_not_inspected=sum(each.frames for each in lost),
        not_inspected_m=round(lost_m(lost), 4),
        frames_after_closing=sum(stretch.causes.get(_CLOSED, 0) for each in lost for stretch in each.stretches),
        facts=facts_of(connection, roll_id),
    )


def _length_m(extents: Sequence[Extent]) -> float:
    begins = [each.from_mm for each in extents if each.from_mm is not None]
    ends = [each.to_mm for each in extents if each.to_mm is not None]
    return round((max(ends) - min(begins)) / 1e3, 4) if begins else 0.0


def _cameras(
    connection: Connection, roll_id: str, extents: Sequence[Extent], lost: Sequence[CameraLost]
) -> tuple[CameraOnRoll, ...]:
    calibrations, views = reads.calibrations_of(connection, roll_id), views_of(connection, roll_id)
    return tuple(
        CameraOnRoll(
            camera_id=each.camera_id,
            calibration_version=calibrations.get(each.camera_id),
            view=views.get(each.camera_id),
            frames=extent.frames,
            from_m=_metres(extent.from_mm),
            to_m=_metres(extent.to_mm),
            frames_not_inspected=each.frames,
            not_inspected_m=round(each.metres, 4),
        )
        for extent, each in zip(extents, lost, strict=True)
    )


def _splices(connection: Connection, roll_id: str) -> tuple[SpliceOnRoll, ...]:
    return tuple(
        SpliceOnRoll(round(begin / 1e3, 4), round(end / 1e3, 4))
        for begin, end in merged(splices_of(connection, roll_id))
    )


def _metres(mm: float | None) -> float | None:
    return None if mm is None else round(mm / 1e3, 4)
