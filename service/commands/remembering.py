"""What commands leave in the audit trail."""

import os
import platform
import pwd
from datetime import UTC, datetime
from pathlib import Path

from inspection.errors import CoatsightError
from service.errors import StoreFailed
from service.store.audit import Actor, Detail, audit
from service.store.beside import changing


def at_the_command_line() -> Actor:
    """Tell who calls: the operating system's word for it, which no environment can change."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = f"uid {number}"
    return Actor("command line", name, platform.node())


def remember(data: Path, verb: str, subject: str, **details: Detail) -> None:
    """Keep in the audit trail what a command did with the station's files, once it is done.

    Raises
    ------
    StoreFailed
        It is done, and not kept.
    """
    try:
        with changing(data) as connection:
            audit(connection, at_the_command_line(), verb, subject, at=datetime.now(UTC), **details)
    except (CoatsightError, OSError) as problem:
        raise StoreFailed(f"{verb} ({subject}), but the audit trail could not be told: {problem}") from problem
