"""A station in a process of its own, to be killed: `station_process.py FOLDER` prints its port."""

import sys
import threading
import time
from functools import partial
from pathlib import Path

from fakes import fake_classifier

from service.app import create_app
from service.inspectors import InspectorProcesses
from service.server import StationServer, server_for
from service.settings import Settings


async def start_processes(settings: Settings) -> InspectorProcesses:
    inspectors = InspectorProcesses(settings, partial(fake_classifier, "f" * 64), time.perf_counter)
    await inspectors.start()
    return inspectors


def main(folder: str) -> None:
    server = server_for(create_app(Settings(data_dir=Path(folder)), start_processes), "127.0.0.1", 0)
    threading.Thread(target=tell_port, args=(server,), daemon=True).start()
    server.run()


def tell_port(server: StationServer) -> None:
    while not server.started:
        time.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
