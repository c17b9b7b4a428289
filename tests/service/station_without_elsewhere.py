"""A station that may not open a connection: as `station_process.py`, and whoever tries is told on stderr."""

import sys

from station_process import main


def refuse(event: str, told: tuple[object, ...]) -> None:
    """Python tells of every connection and every name looked up before it happens."""
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        host = told[1][0] if event in ("socket.connect", "socket.sendto") else told[0]  # type: ignore[index]
        if host not in ("127.0.0.1", None):
            print(f"elsewhere: {host}", file=sys.stderr, flush=True)
            raise ConnectionRefusedError(f"{event} {host}")


sys.addaudithook(refuse)

if __name__ == "__main__":
    main(sys.argv[1])
