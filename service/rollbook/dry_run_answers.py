"""What a dry run tells."""

from dataclasses import dataclass

from inspection.costs import Expected
from inspection.defect import Kind, Severity
from inspection.recipe_diff import Change
from inspection.record import RecipeRef
from inspection.roll.cuts import Cut
from inspection.verdict import Verdict
from service.rollbook.replaying import Source


@dataclass(frozen=True)
class VerdictCount:
    """Frames of a verdict, and the web that they cover; what several cameras see counts for each."""

    verdict: Verdict
    frames_before: int
    frames_after: int
    metres_before: float
    metres_after: float


@dataclass(frozen=True)
class FrameChange:
    """A frame that would be judged otherwise."""

    frame_id: str
    camera_id: str
    sequence: int
    from_mm: float
    to_mm: float
    before: Verdict
    after: Verdict
    reasons: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class StretchChange:
    """Neighbouring frames of a camera that would be judged otherwise in the same way."""

    camera_id: str
    from_mm: float
    to_mm: float
    frames: int
    before: Verdict
    after: Verdict


@dataclass(frozen=True)
class DefectCount:
    """Defects of the web, each counted once; lane 0 is bare foil."""

    lane: int
    kind: Kind
    severity: Severity
    before: int
    after: int


@dataclass(frozen=True)
class MetreChange:
    """A metre of web in which a count would be another; defects count where their middle lies."""

    metre: int
    lane: int
    kind: Kind
    severity: Severity
    before: int
    after: int


@dataclass(frozen=True)
class KindExpected:
    """What is expected of one kind's mistakes under either recipe."""

    kind: Kind
    before: Expected
    after: Expected


@dataclass(frozen=True)
class Costs:
    """Expected costs, both by the costs and rates of the recipe that is tried.

    Attributes
    ----------
    before, after : float
        Over the kinds that have a cost; in the recipe's own currency.
    kinds : tuple of KindExpected
    without : tuple of Kind
        Found on the roll, and without a cost in the recipe: nothing of them is in the sums.
    """

    before: float
    after: float
    kinds: tuple[KindExpected, ...]
    without: tuple[Kind, ...]


@dataclass(frozen=True)
class LaneChange:
    """What one lane of the roll is worth under either recipe, and how many metres are cut out of it.

    Attributes
    ----------
    lane : int or None
        None where no lane was found: the whole width.
    before, after : Verdict or None
        None of a lane that only the other recipe tells something of.
    reasons_before, reasons_after : tuple of str
        Worst first.
    cut_m_before, cut_m_after : float
    """

    lane: int | None
    before: Verdict | None
    after: Verdict | None
    reasons_before: tuple[str, ...]
    reasons_after: tuple[str, ...]
    cut_m_before: float
    cut_m_after: float


@dataclass(frozen=True)
class CutStretch:
    """A stretch of a lane that only one of the two recipes cuts out, and why that one does."""

    lane: int | None
    from_mm: float
    to_mm: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class CutsLeftOut:
    """How many rows the lists of cuts are short of; metres are whole."""

    cuts_before: int
    cuts_after: int
    newly_cut: int
    no_longer_cut: int


@dataclass(frozen=True)
class RollChange:
    """The verdict and the cut list of the whole roll under either recipe.

    Attributes
    ----------
    before, after : Verdict
        Of its worst lane.
    lanes : tuple of LaneChange
    cuts_before, cuts_after : tuple of Cut
    newly_cut : tuple of CutStretch
        What would be cut out and is not.
    no_longer_cut : tuple of CutStretch
        What is cut out and would not be.
    newly_cut_m, no_longer_cut_m : float
        All of that, summed over the lanes.
    left_out : CutsLeftOut
    """

    before: Verdict
    after: Verdict
    lanes: tuple[LaneChange, ...]
    cuts_before: tuple[Cut, ...]
    cuts_after: tuple[Cut, ...]
    newly_cut: tuple[CutStretch, ...]
    no_longer_cut: tuple[CutStretch, ...]
    newly_cut_m: float
    no_longer_cut_m: float
    left_out: CutsLeftOut


@dataclass(frozen=True)
class Coverage:
    """By how much of the roll the answer stands.

    Attributes
    ----------
    filters : tuple of str
        Headings that change what is found. Where there are none, records tell all of it of frames.
    not_tried : tuple of str
        Headings that differ and judge whole rolls alone: of these nothing is told.
    frames, metres
        Of the roll.
    seen_frames, seen_metres
        Inspected again from their pictures.
    as_recorded : int
        Frames that could not be judged anew, since their calibration cannot be read.
    disagreeing : int
        Frames of which their own recipe, asked again, does not say what was recorded.
    told : str
        In words.
    """

    filters: tuple[str, ...]
    not_tried: tuple[str, ...]
    frames: int
    metres: float
    seen_frames: int
    seen_metres: float
    as_recorded: int
    disagreeing: int
    told: str


@dataclass(frozen=True)
class LeftOut:
    """How many rows the lists are short of, to stay of bounded length; counts are whole."""

    frames: int
    stretches: int
    metres: int


@dataclass(frozen=True)
class DryRun:
    """A roll under another recipe."""

    roll_id: str
    recipe_before: RecipeRef
    recipe_after: RecipeRef
    recipe_changes: tuple[Change, ...]
    roll: RollChange
    verdicts: tuple[VerdictCount, ...]
    frames_changed: int
    frames_held: int
    held_because: tuple[str, ...]
    frames: tuple[FrameChange, ...]
    stretches: tuple[StretchChange, ...]
    defects: tuple[DefectCount, ...]
    metres: tuple[MetreChange, ...]
    costs: Costs
    coverage: Coverage
    left_out: LeftOut
