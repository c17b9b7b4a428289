"""`coatsight roll verdict` and `cuts`: what a roll is worth, and what to cut out of it."""

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from inspection.roll.handover import Mark, Rewinding
from inspection.verdict import Verdict
from service.commands.terminal import print_json, print_table, say
from service.rollbook.handover import Handover, as_csv, handover
from service.rollbook.quality import RollQuality, roll_quality
from service.store.beside import reading

Form: TypeAlias = Literal["table", "json", "csv"]

_NO = 1
_SO_FAR = "the roll is still open: this is of what was inspected so far"


@dataclass(frozen=True)
class CutOff:
    """What happens before the next machine, as it is typed: in metres."""

    head_m: float
    tail_m: float
    rewound: bool
    turned_round: bool
    stretch: float

    @property
    def rewinding(self) -> Rewinding:
        """The same in millimetres."""
        return Rewinding(self.head_m * 1e3, self.tail_m * 1e3, self.rewound, self.turned_round, self.stretch)


def verdict(roll_id: str, data: Path, *, json: bool) -> int:
    """Judge a roll; exit code 1 where it is rejected or held."""
    with reading(data) as connection:
        told = roll_quality(connection, roll_id)
    if json:
        print_json(asdict(told))
    else:
        _print_verdict(told)
    return _NO if told.verdict in (Verdict.REJECT, Verdict.HOLD) else 0


def _print_verdict(told: RollQuality) -> None:
    rows = [
        (
            "all" if lane.lane is None else str(lane.lane),
            lane.verdict.value,
            f"{lane.length_mm / 1e3:.1f}",
            f"{lane.rejected_mm / 1e3:.1f}",
            f"{lane.unjudged_mm / 1e3:.1f}",
            "\n".join(lane.reasons),
        )
        for lane in told.lanes
    ]
    title = f"roll {told.roll_id} by recipe {told.recipe_name} {told.recipe_version}: {told.verdict}"
    print_table(("lane", "verdict", "m", "m cut out", "m unjudged", "why"), rows, title=title)
    if told.still_open:
        say(_SO_FAR)


def cuts(roll_id: str, data: Path, off: CutOff, lane: int | None, form: Form, *, with_defects: bool) -> int:
    """List what to cut out of a roll."""
    with reading(data) as connection:
        told = handover(connection, roll_id, off.rewinding, lane=lane, with_defects=with_defects)
    if form == "json":
        print_json(asdict(told))
    elif form == "csv":
        sys.stdout.write(as_csv(told))
    else:
        _print_cuts(told)
    return 0


def _print_cuts(told: Handover) -> None:
    rows = [
        ("all" if lane.lane is None else str(lane.lane), what, *_places(mark), "; ".join(mark.why))
        for lane in told.lanes
        for what, marks in (("cut", lane.cuts), ("defect", lane.defects))
        for mark in marks
    ]
    title = f"roll {told.roll_id}, in metres from {told.counted_from}"
    print_table(("lane", "what", "from m", "to m", "left mm", "right mm", "why"), rows, title=title)
    if told.still_open:
        say(_SO_FAR)


def _places(mark: Mark) -> tuple[str, str, str, str]:
    across = ("" if place is None else f"{place:.1f}" for place in (mark.left_mm, mark.right_mm))
    left, right = across
    return f"{mark.from_m:.3f}", f"{mark.to_m:.3f}", left, right
