"""Messages between the station and its inspecting processes: pickles with their length before them, and a descriptor.

Only processes that this station started hold the other end, so what is unpickled was written by our own code.
"""

import pickle
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!I")


class ChannelClosed(Exception):
    """The process at the other end is gone."""


def send(channel: socket.socket, message: Any, fd: int | None = None) -> None:
    """Send a message, and with it a file descriptor.

    Raises
    ------
    ChannelClosed
    """
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    packed = memoryview(_LENGTH.pack(len(body)) + body)
    try:
        sent = socket.send_fds(channel, [packed], [] if fd is None else [fd])
        channel.sendall(packed[sent:])
    except OSError as problem:
        raise ChannelClosed from problem


def receive(channel: socket.socket) -> tuple[Any, int | None]:
    """Wait for a message; return it and the descriptor that came with it.

    Raises
    ------
    ChannelClosed
    """
    try:
        head, fds, _, _ = socket.recv_fds(channel, _LENGTH.size, 1)
        head += _exactly(channel, _LENGTH.size - len(head)) if head else b""
        if not head:
            raise ChannelClosed
        body = _exactly(channel, *_LENGTH.unpack(head))
    except OSError as problem:
        raise ChannelClosed from problem
    return pickle.loads(body), fds[0] if fds else None


def _exactly(channel: socket.socket, size: int) -> bytearray:
    got = bytearray(size)
    view = memoryview(got)
    while view:
        count = channel.recv_into(view)
        if not count:
            raise ChannelClosed
        view = view[count:]
    return got
