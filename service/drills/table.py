"""The drills by name: what each does, and what the station should answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from service.drills import (
    clock_jump,
    database_restart,
    disk_full,
    encoder_reversal,
    half_sent,
    kill,
    sequence_restart,
    slow_loris,
    two_cameras,
)
from service.drills.report import Options, Report


@dataclass(frozen=True)
class Drill:
    """One drill.

    Attributes
    ----------
    harm, expected : str
        In a sentence each.
    run : callable
    """

    harm: str
    expected: str
    run: Callable[[Options], Report]


DRILLS: Final[Mapping[str, Drill]] = {
    "kill": Drill(
        "kill -9 at random moments while frames come",
        "every frame answered 200 is there byte for byte, none twice; the database opens at once and is whole",
        kill.run,
    ),
    "half-sent": Drill(
        "connections break off at every stage of a request",
        "frames that had begun are remembered as not inspected; sent again whole they are answered",
        half_sent.run,
    ),
    "slow-loris": Drill(
        "hundreds of clients send a byte now and then",
        "each is closed after its time; a healthy camera is answered meanwhile; memory stays",
        slow_loris.run,
    ),
    "clock-jump": Drill(
        "the station's clock is set back and forward",
        "no answer is refused; ids go on growing and none is given twice, over a restart too",
        clock_jump.run,
    ),
    "sequence-restart": Drill(
        "a camera counts from 0 again on the same roll, with other pixels",
        "409 for each, which says what to do; counted, and remembered as not inspected; first answers stay",
        sequence_restart.run,
    ),
    "encoder-reversal": Drill(
        "positions fall while frames go on",
        "frames are answered where they say they are; the camera's state says that its position runs backwards",
        encoder_reversal.run,
    ),
    "two-cameras": Drill(
        "two cameras send under one id",
        "of each number one frame is answered, the other gets 409; counted, and remembered as not inspected",
        two_cameras.run,
    ),
    "disk-full": Drill(
        "the disk is filled, then there is room again",
        "503, never 200 without a record; it goes on by itself when there is room",
        disk_full.run,
    ),
    "database-restart": Drill(
        "PostgreSQL is stopped and started again",
        "503 while it is away, nothing answered is lost; it goes on by itself",
        database_restart.run,
    ),
}
