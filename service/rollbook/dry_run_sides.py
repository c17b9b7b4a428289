"""The two sides of a dry run: what each recipe makes of a roll, and by what its frames were judged anew."""

from collections import Counter
from dataclasses import dataclass

from inspection.recipe import Recipe
from inspection.record import FrameRecord
from inspection.roll.joined import Joined
from inspection.roll.pieces import Origin, pieces_of, splices_of
from inspection.roll.web_defect import WebDefect
from inspection.verdict import Verdict
from service.rollbook.replaying import FrameReplayed


class Side:
    """One recipe's judgement of a roll."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.frames = Counter[Verdict]()
        self.length_mm = dict.fromkeys(Verdict, 0.0)
        self._joined = Joined(recipe.joining, recipe.verdict)
        self._overlap_mm = recipe.joining.overlap_mm

    def add(self, record: FrameRecord, origin: Origin, length_mm: float) -> None:
        """Take in a frame."""
        self.frames[record.verdict] += 1
        self.length_mm[record.verdict] += length_mm
        if record.defects or record.events:
            self._joined.add(pieces_of(record, origin, self._overlap_mm), splices_of(record, origin.view))

    def defects(self) -> list[WebDefect]:
        """The defects of the web, each once."""
        return self._joined.defects()


@dataclass
class Seen:
    """By what frames were judged anew."""

    frames: int = 0
    length_mm: float = 0.0
    as_recorded: int = 0
    disagreeing: int = 0

    def add(self, replayed: FrameReplayed) -> None:
        """Take in a frame."""
        from_picture = replayed.source == "picture"
        self.frames += from_picture
        self.length_mm += replayed.frame.length_mm * from_picture
        self.as_recorded += replayed.source == "as recorded"
        self.disagreeing += not replayed.as_recorded
