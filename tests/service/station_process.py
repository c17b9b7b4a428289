"""A station in a process of its own, to be killed: `station_process.py FOLDER` prints its port."""

import sys
import threading
import time
from pathlib import Path

from fakes import fake_classifier

from service.app import create_app
from service.server import StationServer, server_for
from service.settings import Settings


def main(folder: str) -> None:
    server = server_for(create_app(Settings(data_dir=Path(folder)), fake_classifier("f" * 64)), "127.0.0.1", 0)
    threading.Thread(target=tell_port, args=(server,), daemon=True).start()
    server.run()


def tell_port(server: StationServer) -> None:
    while not server.started:
        time.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
