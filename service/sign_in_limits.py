"""How often a sign-in may be tried: by account, and by address."""

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

from service.errors import TooManySignIns

PER_ACCOUNT, PER_ADDRESS = 8, 40
WINDOW_S = 300.0
_MOST_REMEMBERED = 10_000
"""Accounts and addresses; beyond them the one that was quiet longest is forgotten."""


class SignInLimits:
    """Counts attempts before they are judged, so that those made at the same time count too.

    Parameters
    ----------
    timer : callable
        Seconds, monotonic.
    """

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._tried: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def take(self, login: str, address: str) -> None:
        """Count an attempt.

        Raises
        ------
        TooManySignIns
            Too many were made within the last minutes.
        """
        counted = [(self._of(("account", login)), PER_ACCOUNT), (self._of(("address", address)), PER_ADDRESS)]
        now = self._timer()
        wait_s = max(_wait_s(tried, most, now) for tried, most in counted)
        if wait_s > 0:
            told = math.ceil(wait_s)
            raise TooManySignIns(f"expected fewer attempts to sign in: try again in {told} s", told)
        for tried, _ in counted:
            tried.append(now)

    def forgive(self, login: str, address: str) -> None:
        """Forget an account's attempts once one was right, and one of its address."""
        self._of(("account", login)).clear()
        if tried := self._of(("address", address)):
            tried.pop()

    def _of(self, whose: Hashable) -> deque[float]:
        tried = self._tried.setdefault(whose, deque())
        self._tried.move_to_end(whose)
        if len(self._tried) > _MOST_REMEMBERED:
            self._tried.popitem(last=False)
        return tried


def _wait_s(tried: deque[float], most: int, now: float) -> float:
    """Let go of what is long past; return how long until there is room for one more."""
    while tried and tried[0] <= now - WINDOW_S:
        tried.popleft()
    return tried[0] + WINDOW_S - now if len(tried) >= most else 0.0
