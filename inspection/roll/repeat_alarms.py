"""Repeat alarms: a roller marks the web, and goes on doing so until somebody cleans it.

Marks that a repeat explains leave the window as soon as it has proved right; what is left is searched again only when
enough of it is new, so that a frame costs the same wherever on the roll it lies, and however much lies on the web.
A pitch that was told from few marks, of which every second was missing, is put right by another alarm.
"""

from math import inf

from inspection.roll.alarms import Alarm, AlarmCause, News, Standing
from inspection.roll.repeats import Repeat, find_repeats, is_mark, told_of
from inspection.roll.rollers import RepeatSettings
from inspection.roll.web_defect import PieceId, WebDefect

_MOST_MARKS = 2000
"""So many of the latest are searched; where they lie denser, long pitches are given up."""

_NEW_SHARE = 0.05
"""New marks among those that wait, from which on a search is worth it: of few marks each one is."""

_PROVED = 8
"""A repeat that went on for so many marks has the right pitch."""

_MOST_TURNS = 6


class RepeatAlarms:
    """Tells of each repeat once, by its pitch and where it lies across the web.

    Parameters
    ----------
    settings : RepeatSettings
    """

    def __init__(self, settings: RepeatSettings) -> None:
        self._settings = settings
        self.standing: list[Standing] = []
        self._marks: dict[PieceId, WebDefect] = {}
        self._splices: list[tuple[float, float]] = []
        self._new, self._seen_mm = 0, 0.0

    def take(self, news: News) -> list[Alarm]:
        """Learn what a frame brings; return repeats that are told for the first time."""
        self._seen_mm = max(self._seen_mm, news.to_mm)
        self._splices += news.splices
        for defect in news.changed:
            self._learn(defect)
        if self._new <= _NEW_SHARE * len(self._marks):
            return []
        self._new = 0
        self._forget_old()
        return self._search(news)

    def resume(self, alarm: Alarm, until_mm: float) -> None:
        """Know a repeat again."""
        pitch_mm = float(alarm.details["pitch_mm"] or 0)
        patience_mm = (self._settings.most_missed + 2) * pitch_mm
        self.standing.append(Standing(alarm, until_mm, patience_mm))

    def _learn(self, defect: WebDefect) -> None:
        if defect.pieces > 1:
            self._forget_pieces(defect)
        explained = next((each for each in self.standing if self._explains(each, defect)), None)
        if not is_mark(defect, self._settings) or (explained and explained.continued >= _PROVED):
            self._marks.pop(defect.identity, None)
            return
        self._new += explained is None and defect.identity not in self._marks
        self._marks[defect.identity] = defect

    def _forget_pieces(self, whole: WebDefect) -> None:
        """A defect that was joined is no longer those that it was joined from."""
        inside = [identity for identity, mark in self._marks.items() if _lies_in(mark, whole)]
        for identity in inside:
            del self._marks[identity]

    def _explains(self, standing: Standing, mark: WebDefect) -> bool:
        """Whether a repeat goes on with this mark."""
        pitch_mm, cross_mm = (float(standing.alarm.details[name] or 0) for name in ("pitch_mm", "cross_mm"))
        ahead_mm = mark.down_mm - standing.until_mm
        off_mm = abs(ahead_mm - round(ahead_mm / pitch_mm) * pitch_mm)
        if off_mm > self._settings.down_tolerance_mm or abs(ahead_mm) > standing.patience_mm:
            return False
        if abs(mark.cross_mm - cross_mm) > 2 * self._settings.cross_tolerance_mm:
            return False
        return standing.goes_on(mark.down_mm, mark.down_mm)

    def _forget_old(self) -> None:
        from_mm = self._seen_mm - self._settings.window_mm
        kept = sorted((mark for mark in self._marks.values() if mark.down_mm >= from_mm), key=lambda mark: mark.down_mm)
        self._marks = {mark.identity: mark for mark in kept[-_MOST_MARKS:]}
        self._splices = [splice for splice in self._splices if splice[1] >= from_mm]

    def _search(self, news: News) -> list[Alarm]:
        windows = max(1.0, self._seen_mm / self._settings.window_mm)
        found = find_repeats(list(self._marks.values()), self._settings, self._splices, windows)
        begun = []
        for repeat in found:
            known = self._known(repeat)
            if known is None:
                self._put_right(repeat)
                begun.append(_alarm(repeat, self._marks, news))
                self.resume(begun[-1], repeat.last_mm)
            elif known.continued >= _PROVED:
                for mark in repeat.marks:
                    del self._marks[mark.identity]
        return begun

    def _known(self, repeat: Repeat) -> Standing | None:
        same = (each for each in self.standing if self._turns_in(each.alarm, repeat) == 1)
        return next((each for each in same if each.goes_on(repeat.first_mm, repeat.last_mm)), None)

    def _put_right(self, repeat: Repeat) -> None:
        """End alarms of which this is the fundamental: they took some of its marks for all."""
        for each in self.standing:
            if (self._turns_in(each.alarm, repeat) or 1) > 1:
                each.patience_mm = -inf  # over with the next frame

    def _turns_in(self, alarm: Alarm, repeat: Repeat) -> int | None:
        """How many turns of a repeat one turn of an alarm's is, at one place across the web; None where none fit."""
        pitch_mm, cross_mm = (float(alarm.details[name] or 0) for name in ("pitch_mm", "cross_mm"))
        turns = round(pitch_mm / repeat.pitch_mm)
        fits = abs(pitch_mm - turns * repeat.pitch_mm) <= self._settings.roller_tolerance_mm
        beside = abs(cross_mm - repeat.cross_mm) <= 4 * self._settings.cross_tolerance_mm
        return turns if fits and beside and 1 <= turns <= _MOST_TURNS else None


def _lies_in(mark: WebDefect, whole: WebDefect) -> bool:
    return (
        mark.identity != whole.identity
        and whole.from_mm <= mark.from_mm <= mark.to_mm <= whole.to_mm
        and whole.left_mm <= mark.left_mm <= mark.right_mm <= whole.right_mm
    )


def _alarm(repeat: Repeat, marks: dict[PieceId, WebDefect], news: News) -> Alarm:
    last = marks[repeat.marks[-1].identity]
    return Alarm(
        cause=AlarmCause.REPEAT,
        camera_id=last.camera_id,
        lane=last.lane,
        from_mm=repeat.first_mm,
        raised_mm=news.to_mm,
        told=f"{told_of(repeat)}, since {repeat.first_mm / 1000:.2f} m",
        details={
            "kind": repeat.kind.value,
            "cross_mm": round(repeat.cross_mm, 3),
            "pitch_mm": round(repeat.pitch_mm, 3),
            "pitch_error_mm": round(repeat.pitch_error_mm, 3),
            "last_mm": round(repeat.last_mm, 3),
            "marks": len(repeat.marks),
            "missed": repeat.missed,
            "expected_false": repeat.expected_false,
            "roller": repeat.roller,
        },
    )
