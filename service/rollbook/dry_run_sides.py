"""The two sides of a dry run: what each recipe makes of a roll, and by what its frames were judged anew."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from inspection.defect import Severity
from inspection.recipe import Recipe
from inspection.record import FrameRecord
from inspection.roll.coverage import SeenFrame, hold_told
from inspection.roll.joined import Joined
from inspection.roll.pieces import Origin, pieces_of, splices_of
from inspection.roll.web_defect import PieceId, WebDefect
from inspection.verdict import Verdict
from service.rollbook.replaying import FrameReplayed


@dataclass
class Side:
    """What one recipe makes of the frames of a roll.

    Attributes
    ----------
    recipe : Recipe
    frames : Counter of Verdict
    length_mm : dict of Verdict to float
    seen : dict of str to list of SeenFrame
        By camera.
    """

    recipe: Recipe
    frames: Counter[Verdict] = field(default_factory=Counter)
    length_mm: dict[Verdict, float] = field(default_factory=lambda: dict.fromkeys(Verdict, 0.0))
    seen: dict[str, list[SeenFrame]] = field(default_factory=lambda: defaultdict(list))

    def add(self, record: FrameRecord, camera_id: str, from_mm: float, length_mm: float) -> None:
        """Take in a frame."""
        self.frames[record.verdict] += 1
        self.length_mm[record.verdict] += length_mm
        holds = hold_told(record.reasons) if record.verdict is Verdict.HOLD else ()
        self.seen[camera_id].append(SeenFrame(from_mm, from_mm + length_mm, holds))


class Sides:
    """A roll under two recipes.

    Parameters
    ----------
    before, after : Recipe
    found_alike : bool
        Whether frames show the same under either. Where these are joined alike too, they are joined once, and only
        judged twice.
    """

    def __init__(self, before: Recipe, after: Recipe, *, found_alike: bool) -> None:
        self.before, self.after = Side(before), Side(after)
        self.joined_once = found_alike and before.joining == after.joining
        self._joined = Joined(before.joining, before.verdict)
        self._joined_after = Joined(after.joining, after.verdict)
        self._judged_otherwise: dict[PieceId, tuple[Severity, bool]] = {}

    def add(self, replayed: FrameReplayed) -> None:
        """Take in a frame under both."""
        frame, origin = replayed.frame, replayed.origin
        place = frame.camera_id, frame.position_mm, frame.length_mm
        self.before.add(replayed.before, *place)
        self.after.add(replayed.after, *place)
        _join(self._joined, replayed.before, origin, self.before.recipe)
        if not self.joined_once:
            _join(self._joined_after, replayed.after, origin, self.after.recipe)
        elif replayed.after is not replayed.before:
            told = enumerate(zip(replayed.before.defects, replayed.after.defects, strict=True), 1)
            otherwise = ((number, new) for number, (old, new) in told if old != new)
            self._judged_otherwise |= {
                (origin.number, number): (new.severity, new.needs_review) for number, new in otherwise
            }

    def defects(self) -> tuple[list[WebDefect], list[WebDefect]]:
        """The defects of the web along it, each once, as either recipe judges them."""
        if self.joined_once:
            after = self._joined.judged_by(self.after.recipe.verdict, self._judged_otherwise)
        else:
            after = self._joined_after.defects()
        return self._joined.defects(), after


def _join(joined: Joined, record: FrameRecord, origin: Origin, recipe: Recipe) -> None:
    if record.defects or record.events:
        joined.add(pieces_of(record, origin, recipe.joining.overlap_mm), splices_of(record, origin.view))


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
