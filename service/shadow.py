"""The shadow: a second classifier that names what was already answered, and judges nothing.

Its names are counted, and kept where they differ, so that people can tell before they promote a model what
it would change. It works in a thread of its own while no frame is under way; what does not fit its short
queue is skipped and counted, and whatever it raises is counted too.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from inspection.candidates import Candidates
from inspection.classification import Classifier, Naming
from inspection.defect import Finding
from inspection.record import FrameRecord
from service.store.shadows import ShadowCount, ShadowName
from service.store.store import Store
from service.workbench import Named

_MOST_WAITING = 4
"""Frames; the crops of a flooded one take 16 MB."""

_KEEP_AFTER = 256
"""Candidates after which counts are written, however busy it is."""

_KEEP_WHEN_IDLE_S = 1.0
_LOOK_AGAIN_S = 0.004

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Answered:
    """What a frame's candidates were called: findings in the record's order, and their places in the candidates."""

    frame: int
    findings: tuple[Finding, ...]
    order: tuple[int, ...]
    candidates: Candidates
    naming: Naming


class Shadow:
    """Names candidates a second time; `offer` belongs to the event loop.

    Parameters
    ----------
    classifier : Classifier
    running_sha256 : str
        Digest of the model that it is compared with.
    store : Store
    count : callable
        Takes an outcome (`same`, `otherwise`, `failed`, `skipped`) and how many candidates had it.
    idle : callable
        Whether no frame is under way.
    """

    def __init__(
        self,
        classifier: Classifier,
        running_sha256: str,
        store: Store,
        *,
        count: Callable[[str, int], None],
        idle: Callable[[], bool],
    ) -> None:
        self._classifier, self._running_sha256 = classifier, running_sha256
        self._store, self._count, self._idle = store, count, idle
        self._closing = False
        self._named, self._otherwise = 0, list[ShadowName]()
        self._waiting: queue.Queue[_Answered | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="shadow", daemon=True)
        self._thread.start()

    def offer(self, frame: int, record: FrameRecord, named: Named) -> None:
        """Have the candidates of an answered frame named again, unless too many are waiting; never waits."""
        findings = (*(defect.finding for defect in record.defects), *record.events)
        try:
            self._waiting.put_nowait(_Answered(frame, findings, named.order, named.candidates, named.naming))
        except queue.Full:
            self._count("skipped", len(findings))

    def close(self) -> None:
        """Name what is waiting, keep the counts, then stop."""
        self._closing = True
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        going_on = True
        while going_on:
            going_on = self._next()

    def _next(self) -> bool:
        """Name the next frame; whether to go on."""
        try:
            answered = self._waiting.get(timeout=_KEEP_WHEN_IDLE_S)
        except queue.Empty:
            self._keep()
            return True
        if answered is None:
            self._keep()
            return False
        self._give_way()
        self._name(answered)
        if self._named >= _KEEP_AFTER:
            self._keep()
        return True

    def _give_way(self) -> None:
        """Wait for a moment without frames; a lower priority would hold the interpreter's lock for longer instead."""
        while not (self._idle() or self._closing):
            time.sleep(_LOOK_AGAIN_S)

    def _name(self, answered: _Answered) -> None:
        try:
            names = self._classifier.name(answered.candidates, answered.naming)
            otherwise = list(self._differing(answered, [(names[n].kind, names[n].probability) for n in answered.order]))
        except Exception as problem:  # whatever a model does that is only tried out, frames go on being answered
            self._count("failed", len(answered.order))
            _log.warning("the shadow could not name frame %d: %s", answered.frame, problem)
            return
        self._count("same", len(answered.order) - len(otherwise))
        self._count("otherwise", len(otherwise))
        self._named += len(answered.order)
        self._otherwise += otherwise

    def _differing(self, answered: _Answered, names: Iterable[tuple[str, float]]) -> Iterable[ShadowName]:
        sha256 = self._classifier.ref.sha256
        for place, (finding, (kind, probability)) in enumerate(zip(answered.findings, names, strict=True), 1):
            if kind != finding.kind:
                told = str(finding.kind), finding.probability, str(kind), probability
                yield ShadowName(answered.frame, place, sha256, *told)

    def _keep(self) -> None:
        """Write what was counted since the last time; one transaction at a time, so that records come first."""
        if not self._named:
            return
        count = ShadowCount(self._running_sha256, self._classifier.ref.sha256, self._named, len(self._otherwise))
        try:
            self._store.keep_shadow(count, tuple(self._otherwise)).result()
        except Exception as problem:  # counts that are lost are no reason to stop this thread
            _log.warning("what the shadow named is not kept: %s", problem)
        self._named, self._otherwise = 0, []
