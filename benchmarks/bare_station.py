"""A station with one route more, which only reads the body: what the transport alone can do, in the same process."""

from pathlib import Path
from typing import Annotated

import typer
from fastapi import Request, Response

from service.access import EVERYBODY, RULES
from service.allocator import keep_freed_memory
from service.api.frames import read_body
from service.app import create_app
from service.schemas import CameraId
from service.server import server_for
from service.settings import Settings

_ROUTE = "/v1/cameras/{camera_id}/bare"

app = typer.Typer()


@app.callback()
def main() -> None:
    """Take `serve` as the command line does."""


@app.command()
def serve(port: Annotated[int, typer.Option()], data: Annotated[Path, typer.Option()]) -> None:
    """Run the station."""
    keep_freed_memory()
    station = create_app(Settings(data_dir=data))

    RULES["POST", _ROUTE] = EVERYBODY

    @station.post(_ROUTE)
    async def bare(camera_id: CameraId, request: Request) -> Response:
        bodies, settings = request.app.state.station.bodies, request.app.state.settings
        body = bodies.take(int(request.headers["content-length"]))
        await read_body(request, body.pixels, settings.body_timeout_s)
        bodies.give_back(body)
        return Response(camera_id.encode(), media_type="application/json")

    server_for(station, "127.0.0.1", port).run()


if __name__ == "__main__":
    app()
