"""`coatsight serve`: run the station until it is stopped."""

import ipaddress
import os
import socket
from pathlib import Path

from pydantic import ValidationError

from inspection.errors import InputError
from service.commands.terminal import say
from service.settings import Settings
from service.store.beside import anybody_known


def settings_for(data: Path) -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    InputError
        A setting in the environment is out of its bounds, or is none any more.
    """
    if "COATSIGHT_KEY_DIGESTS" in os.environ:
        raise InputError(
            "COATSIGHT_KEY_DIGESTS: keys are kept in the station's store now: unset it and make each camera a key with "
            f"coatsight keys add --camera cam-1 --data {data}"
        )
    try:
        return Settings(data_dir=data)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(f"COATSIGHT_{name.upper()}: {first['msg']}, got {first['input']!r}") from problem


def run(settings: Settings, host: str, port: int, *, open_to_all: bool = False) -> int:
    """Serve until stopped, return the exit code."""
    check_guarded(settings.data_dir, host, open_to_all=open_to_all)
    check_free(host, port)
    # Only now: the server brings the whole pipeline along, which takes a second.
    from service.server import serve  # noqa: PLC0415

    say(f"Coatsight listens at http://{host}:{port}, its folder is {settings.data_dir}")
    serve(settings, host, port)
    return 0


def check_guarded(data: Path, host: str, *, open_to_all: bool) -> None:
    """Raise where other machines could do anything here, and nobody said that they may.

    Raises
    ------
    InputError
        There is no key and no user, and the address can be reached from elsewhere.
    """
    if _is_own(host) or anybody_known(data):
        return
    if not open_to_all:
        raise InputError(
            f"expected keys or users before listening at {host}, there are none: type "
            f"`coatsight users add NAME --role admin --data {data}` and "
            f"`coatsight keys add --camera cam-1 --data {data}`, or --open to let everybody in"
        )
    say(f"warning: whoever reaches {host} may post frames and see everything: nobody is asked who they are")


def _is_own(host: str) -> bool:
    """Whether an address can be reached from this machine alone; a name counts by all its addresses."""
    try:
        found = {told[4][0] for told in socket.getaddrinfo(host or None, None, flags=socket.AI_PASSIVE)}
    except OSError:
        return False
    return all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)


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
