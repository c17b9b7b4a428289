"""Stretches of a roll that were not inspected, in metres of web: facts of the roll, which can never pass with one.

In:  a camera's answered frames on a roll, as runs of numbers without a gap, and its refusals.
Out: stretches in the order of the web, each with why.

A number between answered ones that nobody sent is `missing`: a frame that was lost before it came here. Where a
refused or missing frame lay is told by its own position, else by its neighbours: frames of one camera on one roll
follow each other without a gap, each as long as the one before.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MISSING: Final = "missing"

_TOUCHING_MM: Final = 0.5
"""Rounded positions leave such gaps between frames that follow each other."""


@dataclass(frozen=True)
class Run:
    """Answered frames whose numbers have no gap between them: the first and the last.

    Attributes
    ----------
    first, last : int
    from_mm, to_mm : float
        Start of the first, end of the last.
    length_mm : float
        Of one frame.
    rows : int
        Of one frame.
    """

    first: int
    last: int
    from_mm: float
    to_mm: float
    length_mm: float
    rows: int


@dataclass(frozen=True)
class Refused:
    """One frame that was refused, and why.

    Attributes
    ----------
    sequence : int
    causes : tuple of str
    position_mm : float or None
    rows : int or None
    """

    sequence: int
    causes: tuple[str, ...]
    position_mm: float | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Stretch:
    """Web that was not inspected.

    Attributes
    ----------
    first, last : int
        Numbers of its frames.
    from_mm, to_mm : float or None
        None where no frame of this camera tells where it lay.
    causes : mapping of str to int
        How many frames for each.
    """

    first: int
    last: int
    from_mm: float | None
    to_mm: float | None
    causes: Mapping[str, int]


def stretches(runs: Sequence[Run], refused: Sequence[Refused]) -> list[Stretch]:
    """Tell what was not inspected.

    Parameters
    ----------
    runs : sequence of Run
        In the order of their numbers.
    refused : sequence of Refused
        In the order of their numbers; those that were inspected after all are left out.
    """
    return list(_joined(sorted((*_refused(runs, refused), *_missing(runs, refused)), key=lambda each: each.first)))


def _refused(runs: Sequence[Run], refused: Sequence[Refused]) -> Iterator[Stretch]:
    for frame in refused:
        run = _beside(runs, frame.sequence)
        start = frame.position_mm if frame.position_mm is not None else _start_mm(run, frame.sequence)
        length = _length_mm(run, frame.rows)
        end = None if start is None or length is None else start + length
        yield Stretch(frame.sequence, frame.sequence, start, end, Counter(frame.causes))


def _missing(runs: Sequence[Run], refused: Sequence[Refused]) -> Iterator[Stretch]:
    """Numbers below the newest answered one that neither an answer nor a refusal bears."""
    known = [(run.first, run.last) for run in runs] + [(frame.sequence, frame.sequence) for frame in refused]
    newest, next_one = max((run.last for run in runs), default=-1), 0
    for first, last in sorted(known):
        if next_one < first <= newest:
            yield _missing_between(runs, next_one, first - 1)
        next_one = max(next_one, last + 1)


def _missing_between(runs: Sequence[Run], first: int, last: int) -> Stretch:
    run = _beside(runs, first)
    start, end = _start_mm(run, first), _start_mm(run, last + 1)
    return Stretch(first, last, start, end, Counter({MISSING: last - first + 1}))


def _beside(runs: Sequence[Run], sequence: int) -> Run | None:
    """The run before a number, or the first one after it."""
    if not runs:
        return None
    return runs[max(bisect_right(runs, sequence, key=lambda run: run.first) - 1, 0)]


def _start_mm(run: Run | None, sequence: int) -> float | None:
    if run is None:
        return None
    if sequence > run.last:
        return run.to_mm + (sequence - run.last - 1) * run.length_mm
    return run.from_mm + (sequence - run.first) * run.length_mm


def _length_mm(run: Run | None, rows: int | None) -> float | None:
    if run is None:
        return None
    return run.length_mm if rows is None else run.length_mm * rows / run.rows


def _joined(parts: Iterable[Stretch]) -> Iterator[Stretch]:
    """Join frames that follow each other on the web, whatever their causes."""
    open_one: Stretch | None = None
    for part in parts:
        if open_one and _follows(open_one, part):
            causes = Counter(open_one.causes) + Counter(part.causes)
            open_one = Stretch(open_one.first, part.last, open_one.from_mm, part.to_mm, causes)
            continue
        if open_one:
            yield open_one
        open_one = part
    if open_one:
        yield open_one


def _follows(before: Stretch, after: Stretch) -> bool:
    if after.first != before.last + 1:
        return False
    if before.to_mm is None or after.from_mm is None:
        return before.to_mm == after.from_mm
    return abs(after.from_mm - before.to_mm) <= _TOUCHING_MM
