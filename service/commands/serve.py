"""`coatsight serve`: run the station until it is stopped."""

import socket
from pathlib import Path

from pydantic import ValidationError

from inspection.errors import InputError
from service.commands.terminal import say
from service.settings import Settings


def settings_for(data: Path) -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    InputError
        A setting in the environment is out of its bounds.
    """
    try:
        return Settings(data_dir=data)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(f"COATSIGHT_{name.upper()}: {first['msg']}, got {first['input']!r}") from problem


def run(settings: Settings, host: str, port: int) -> int:
    """Serve until stopped, return the exit code."""
    check_free(host, port)
    # Only now: the server brings the whole pipeline along, which takes a second.
    from service.server import serve  # noqa: PLC0415

    say(f"Coatsight listens at http://{host}:{port}, its folder is {settings.data_dir}")
    serve(settings, host, port)
    return 0


def check_free(host: str, port: int) -> None:
    """Raise unless the address can be listened at.

    Raises
    ------
    InputError
        Somebody else listens there, or it is no address of this machine.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        raise InputError(
            f"expected a free address, got {host}:{port}: {problem.strerror}: choose another --port or --host"
        ) from problem
