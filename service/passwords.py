"""Passwords: kept as Argon2id, checked one at a time beside the event loop.

A check takes some 100 ms of one core and 64 MiB, on purpose. So there is one thread for it, which the operating
system runs only when inspection leaves it time, and few may wait for it: a flood of sign-ins costs one check's
memory, and no frame.
"""

import asyncio
import os
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from inspection.errors import InputError
from service.errors import TooManySignIns

SHORTEST, LONGEST = 12, 256
_MOST_WAITING = 8
_NICENESS = 10

# One lane: a check takes one core, not four.
_ARGON2 = PasswordHash((Argon2Hasher(time_cost=3, memory_cost=64 << 10, parallelism=1),))


def hashed(password: str) -> str:
    """Hash a new password, with a salt of its own.

    Raises
    ------
    InputError
        It is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"expected a password of {SHORTEST} to {LONGEST} characters, got {len(password)}")
    return _ARGON2.hash(_normal(password))


class PasswordChecks:
    """Checks passwords on a thread of its own; belongs to the event loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="passwords", initializer=_step_back)
        self._nobodys = self._pool.submit(_ARGON2.hash, "nobody's")
        self._waiting = 0

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether a password is the one hashed; where nobody's is given, no, after the same time.

        Raises
        ------
        TooManySignIns
            Enough are waiting already.
        """
        if self._waiting >= _MOST_WAITING:
            raise TooManySignIns("expected fewer people to sign in at once: try again in a moment", 2)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._check, password, password_hash)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Check no more."""
        self._pool.shutdown(cancel_futures=True)

    def _check(self, password: str, password_hash: str | None) -> bool:
        fits = _ARGON2.verify(_normal(password)[:LONGEST], password_hash or self._nobodys.result())
        return fits and password_hash is not None


def _normal(password: str) -> str:
    """Keyboards write the same letter in more than one way."""
    return unicodedata.normalize("NFKC", password)


def _step_back() -> None:
    """Let inspection go first; only Linux gives each thread its own niceness."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
