"""Lines that would come in floods: the first of a kind is logged, then how many there were every ten seconds."""

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

Later: TypeAlias = Callable[[float, Callable[[], None]], object]
"""Calls a function after so many seconds; the event loop's `call_later`."""

SUMMARY_EVERY_S = 10.0
_LONGEST_DETAIL = 300

_log = logging.getLogger(__name__)


class ToldOnce:
    """Logs what happens again and again; belongs to one thread.

    Parameters
    ----------
    later : callable
        See `Later`.
    """

    def __init__(self, later: Later) -> None:
        self._later = later
        self._again: dict[tuple[str, str], int] = {}

    def tell(self, cause: str, camera: str, detail: str, **about: Any) -> None:
        """Log a line, or count it when one of this cause and camera was logged lately.

        Parameters
        ----------
        cause : str
            From a fixed table.
        camera : str
            A label of bounded number, as in the metrics.
        detail : str
            In words; cut when it is long.
        about
            Further fields of the line.
        """
        kind = cause, camera
        if kind in self._again:
            self._again[kind] += 1
            return
        _log.warning("%s: %s", cause, detail[:_LONGEST_DETAIL], extra={"cause": cause, "camera": camera, **about})
        self._watch(kind)

    def _watch(self, kind: tuple[str, str]) -> None:
        self._again[kind] = 0
        self._later(SUMMARY_EVERY_S, lambda: self._sum_up(kind))

    def _sum_up(self, kind: tuple[str, str]) -> None:
        """Say how many more there were; a quiet kind is forgotten, so that its next one is told at once."""
        count, (cause, camera) = self._again.pop(kind), kind
        if count:
            told = {"cause": cause, "camera": camera, "count": count}
            _log.warning("%s: %d more in %g s", cause, count, SUMMARY_EVERY_S, extra=told)
            self._watch(kind)
