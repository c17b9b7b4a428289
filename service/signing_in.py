"""Signing in and out: a name and a password become a session, and every attempt leaves its row in the audit trail."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from service.errors import WrongPassword
from service.keyring import Keyring, digest_of, new_cookie
from service.passwords import PasswordChecks
from service.sign_in_limits import SignInLimits
from service.store import people
from service.store.audit import Actor, audit
from service.store.people import SessionEntry, UserEntry
from service.store.store import Store
from service.user_names import login_of

_LONGEST_LOGIN = 256
"""No name is longer, however it folds; what is tried is remembered for a while."""


@dataclass(frozen=True)
class Attempt:
    """What somebody gives to be let in; a password never shows in a log."""

    name: str
    password: str
    address: str

    def __repr__(self) -> str:
        return f"Attempt({self.name!r}, from {self.address})"


class SigningIn:
    """Opens and ends sessions; belongs to the event loop.

    Parameters
    ----------
    store : Store
    keyring : Keyring
    checks : PasswordChecks
    limits : SignInLimits
    lasts : timedelta
        The longest that a session lasts.
    clock : callable
        The time of day, aware.
    """

    def __init__(  # its parts, each by name
        self,
        *,
        store: Store,
        keyring: Keyring,
        checks: PasswordChecks,
        limits: SignInLimits,
        lasts: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._keyring, self._checks, self._limits = store, keyring, checks, limits
        self._lasts, self._clock = lasts, clock

    async def enter(self, attempt: Attempt) -> str:
        """Let somebody in; return the cookie of a session that nobody had before.

        Raises
        ------
        WrongPassword
            There is no such name with such a password.
        TooManySignIns
            Of this account, from this address, or at the same time.
        StoreFailed
        """
        login = login_of(attempt.name)[:_LONGEST_LOGIN]
        self._limits.take(login, attempt.address)
        known = await self._user(login)
        if not await self._checks.fits(attempt.password, known.password_hash if known else None):
            return await self._refused(attempt, known, "wrong password")
        if known is None or not known.active:
            return await self._refused(attempt, known, "deactivated")
        cookie, now = new_cookie(), self._clock()
        entry = SessionEntry(digest_of(cookie), login, now, now + self._lasts)
        actor = Actor("user", known.name, attempt.address)
        await self._change(partial(people.open_session, entry=entry, checked=known, actor=actor))
        self._limits.forgive(login, attempt.address)
        return cookie

    async def leave(self, cookie: str, address: str) -> None:
        """End the session of a cookie, if it has one.

        Raises
        ------
        StoreFailed
        """
        if who := self._keyring.whose("user", cookie):
            actor = Actor("user", who.name, address)
            await self._change(partial(people.end_session, digest=who.digest, actor=actor, at=self._clock()))

    async def _user(self, login: str) -> UserEntry | None:
        # Nobody has such a name, and PostgreSQL takes no text with a zero in it.
        if not login.isprintable():
            return None
        return await asyncio.to_thread(self._store.read, partial(people.user, login=login))

    async def _refused(self, attempt: Attempt, known: UserEntry | None, why: str) -> str:
        """Keep a failed attempt; a name that nobody has is not kept, it may be a password in the wrong field."""
        actor = Actor("nobody", "", attempt.address)
        subject = f"user {known.name}" if known else "nobody's name"
        await self._change(
            partial(audit, actor=actor, verb="sign-in refused", subject=subject, at=self._clock(), why=why)
        )
        raise WrongPassword("The name or the password is wrong.")

    async def _change(self, write: Callable[..., None]) -> None:
        await asyncio.wrap_future(self._store.change(write))
        await self._keyring.refresh()
