"""Names of people: what looks the same is the same."""

import unicodedata

from inspection.errors import InputError

_LONGEST = 64


def spelt(name: str) -> str:
    """Write a name in Unicode's normal form NFKC, without blanks around it."""
    return unicodedata.normalize("NFKC", name).strip()


def login_of(name: str) -> str:
    """Return what makes a name one's own: neither case nor the way it was typed."""
    return unicodedata.normalize("NFKC", spelt(name).casefold())


def check_name(name: str) -> str:
    """Return a new user's name as it is written.

    Raises
    ------
    InputError
        It is empty, too long, or holds what cannot be printed.
    """
    written = spelt(name)
    if not (0 < len(written) <= _LONGEST and written.isprintable()):
        raise InputError(f"expected a name of 1 to {_LONGEST} printable characters, got {name[:80]!r}: choose another")
    return written
