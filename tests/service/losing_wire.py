"""A wire to a database that loses an answer when told to: the commit takes place, and nobody hears of it."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_COMMITTED = b"COMMIT\0"
"""As PostgreSQL says that it has."""


class LosingWire:
    """Passes everything on between clients and a port of this machine."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.lose_commits = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                for ends in ((client, server, b""), (server, client, _COMMITTED)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, lost: bytes) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                if lost and self.lose_commits and lost in data:
                    self.lose_commits -= 1
                    break
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def losing_wire(port: int) -> Iterator[LosingWire]:
    wire = LosingWire(port)
    try:
        yield wire
    finally:
        wire.close()
