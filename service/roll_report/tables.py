"""The worst defects with their pictures, and the web that was not inspected."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from service.roll_report.facts import Facts
from service.roll_report.numbers import spaced
from service.rollbook.crops import png
from service.rollbook.defect_list import ListedDefect, listed
from service.rollbook.not_inspected import Unseen
from service.store.web_filters import DefectFilter
from service.store.web_queries import Order, defect_rows
from service.store.webs import crop_of

_MOST_WORST: Final = 30
_MOST_STRETCHES: Final = 40


@dataclass(frozen=True)
class WorstDefect:
    """A defect and its picture as a data address; None where it is not kept any more."""

    rank: int
    defect: ListedDefect
    picture: str | None

    @property
    def along(self) -> str:
        """Where it begins, in m."""
        return spaced(self.defect.from_m, 3)

    @property
    def length(self) -> str:
        """Along the web, in mm."""
        return spaced(self.defect.length_mm, 2)

    @property
    def area(self) -> str:
        """In mm2."""
        return spaced(self.defect.area_mm2, 2)


@dataclass(frozen=True)
class MissedStretch:
    """A stretch in words."""

    camera_id: str
    place: str
    length: str
    frames: str
    causes: str


@dataclass(frozen=True)
class Missed:
    """The first stretches of those there are."""

    stretches: list[MissedStretch]
    total: int


def worst(facts: Facts) -> list[WorstDefect]:
    """List the most severe defects, the largest of them first."""
    rows = defect_rows(facts.connection, DefectFilter(roll_id=facts.roll_id), Order.WORST, _MOST_WORST)
    return [
        WorstDefect(rank, listed(roll_id, defect), _picture(facts, *defect.identity))
        for rank, (roll_id, defect) in enumerate(rows.defects, 1)
    ]


def missed(facts: Facts) -> Missed:
    """Tell what was not inspected."""
    return Missed([_stretch(each) for each in facts.unseen[:_MOST_STRETCHES]], len(facts.unseen))


def _picture(facts: Facts, frame: int, number: int) -> str | None:
    pixels = crop_of(facts.connection, frame, number)
    return None if pixels is None else f"data:image/png;base64,{b64encode(png(pixels)).decode()}"


def _stretch(each: Unseen) -> MissedStretch:
    causes = ", ".join(f"{cause.replace('-', ' ')} {count}" for cause, count in sorted(each.causes.items()))
    if each.from_mm is None or each.to_mm is None:
        return MissedStretch(each.camera_id, "unknown", "unknown", spaced(each.frames), causes)
    place = f"{spaced(each.from_mm / 1e3, 2)} to {spaced(each.to_mm / 1e3, 2)}"
    return MissedStretch(
        each.camera_id, place, spaced((each.to_mm - each.from_mm) / 1e3, 2), spaced(each.frames), causes
    )
