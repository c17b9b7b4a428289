"""The HTTP server: uvicorn, tuned for bodies of some megabytes on connections that last."""

import asyncio
import socket

import uvicorn
from fastapi import FastAPI

from service.allocator import keep_freed_memory
from service.app import create_app
from service.connections import bounded
from service.logs import log_to_stderr
from service.settings import Settings
from service.station import Station

_SHUTDOWN_S = 10


class StationServer(uvicorn.Server):
    """A server that says that it stops, and sends live pages home before it waits for connections to end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests, finish those under way, close."""
        station: Station = self.config.loaded_app.app.state.station
        station.stopping = True
        await asyncio.sleep(station.settings.stop_notice_s)
        station.live.close()
        await super().shutdown(sockets)


def server_for(app: FastAPI, host: str, port: int) -> StationServer:
    """Configure a server; the application's settings say how long idle connections stay."""
    settings: Settings = app.state.settings
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=bounded(settings),
        loop="uvloop",
        ws="none",
        access_log=False,
        server_header=False,
        log_config=None,
        log_level="warning",
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    return StationServer(config)


def serve(settings: Settings, host: str, port: int) -> None:
    """Run the station until it is told to stop."""
    keep_freed_memory()
    log_to_stderr(settings.log_level)
    server_for(create_app(settings), host, port).run()
