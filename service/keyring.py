"""The keyring: whom a key or a cookie stands for, answered from memory in microseconds.

What is known lies in the database, where commands change it beside the running station. Twice a second a task asks
the audit trail, which grows with every such change, whether to read it anew; requests never wait for that.

Secrets are looked up by their SHA-256. That needs no comparison in constant time: how long a look-up takes may tell
how a digest resembles a kept one, but nobody can choose a secret by its digest. And as each is 256 random
bits, nothing would be gained by a slow hash or a salt.
"""

import asyncio
import hashlib
import logging
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from service.errors import StoreFailed
from service.store.audit import last_number
from service.store.secrets import Secret, read_secrets, write_last_used
from service.store.store import Store

_LOOK_AGAIN_S = 0.4
_KEY_MARK = "coatsight_"
"""By this people and scanners recognise a key that lies where none should."""
_KEY = re.compile(rb"%s[\w-]{43}" % _KEY_MARK.encode())

_log = logging.getLogger(__name__)


def new_key() -> str:
    """Make a key: 256 random bits."""
    return _KEY_MARK + secrets.token_urlsafe(32)


def new_cookie() -> str:
    """Make a session's cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """Return what is kept of a key or a cookie."""
    return hashlib.sha256(secret.encode()).hexdigest()


def holds_key(text: bytes) -> bool:
    """Whether a key stands in a text where none should; a roll may well be called `coatsight_1`."""
    return _KEY.search(text) is not None


class Keyring:
    """Knows keys and sessions; belongs to the event loop.

    Parameters
    ----------
    store : Store
    idle : timedelta
        A session unused for so long is over.
    clock : callable
        The time of day, aware.
    note_every : timedelta
        How often it is written down when each was last used.
    """

    def __init__(
        self,
        store: Store,
        idle: timedelta,
        clock: Callable[[], datetime],
        note_every: timedelta = timedelta(minutes=1),
    ) -> None:
        self._store, self._idle, self._clock, self._note_every = store, idle, clock, note_every
        self._known = store.read(read_secrets)
        self._used: dict[str, datetime] = {}
        self._noted_at = clock()

    @property
    def guarded(self) -> bool:
        """Whether anybody is asked who they are: once there was a key or a user, for ever."""
        return self._known.anybody

    @property
    def people(self) -> bool:
        """Whether there is somebody who could sign in."""
        return self._known.people

    def whose(self, kind: Literal["key", "user"], secret: str) -> Secret | None:
        """Tell whom a key or a cookie stands for now, and note that it was used."""
        known = self._known.by_digest.get(digest_of(secret))
        if known is None or known.kind != kind or not self.still(known):
            return None
        self._used[known.digest] = self._clock()
        return known

    def still(self, who: Secret | None) -> bool:
        """Whether somebody who was let in is still known; None is anybody while nobody is asked."""
        if who is None:
            return not self.guarded
        known = self._known.by_digest.get(who.digest)
        return known is not None and known.role == who.role and not self._over(known)

    def use(self, who: Secret | None) -> None:
        """Note that somebody is still there, who asked for something that lasts."""
        if who:
            self._used[who.digest] = self._clock()

    async def refresh(self) -> None:
        """Read anew what is known, if any of it changed.

        Raises
        ------
        StoreFailed
        """
        if await asyncio.to_thread(self._store.read, last_number) != self._known.change:
            known = await asyncio.to_thread(self._store.read, read_secrets)
            # Two may read at the same time: the one that saw more is right.
            self._known = max(self._known, known, key=lambda each: each.change)

    async def keep_fresh(self) -> None:
        """Go on refreshing until cancelled; while the store does not answer, what was known holds."""
        failing = False
        while True:
            await asyncio.sleep(_LOOK_AGAIN_S)
            try:
                await self.refresh()
                await self._note_due()
                failing = False
            except Exception as problem:  # a task that ended here would let revoked keys in for ever
                if not failing:
                    _log.warning("changes of keys and people are not seen: %s", problem)
                failing = True

    async def note_used(self) -> None:
        """Write down when each was last used."""
        used = {digest: at for digest, at in self._used.items() if at > self._noted_at}
        self._used = {digest: at for digest, at in self._used.items() if digest in self._known.by_digest}
        self._noted_at = self._clock()
        if used:
            await asyncio.wrap_future(self._store.change(partial(write_last_used, used=used)))

    async def close(self) -> None:
        """Write down what is not written yet; a store that fails then loses a time of day, no more."""
        try:
            await self.note_used()
        except StoreFailed as problem:
            _log.warning("when keys were last used is not written down: %s", problem)

    async def _note_due(self) -> None:
        if self._clock() - self._noted_at >= self._note_every:
            await self.note_used()

    def _over(self, known: Secret) -> bool:
        if known.expires_at is None or known.last_used_at is None:
            return False
        now, last = self._clock(), self._used.get(known.digest, known.last_used_at)
        return now >= min(known.expires_at, last + self._idle)
