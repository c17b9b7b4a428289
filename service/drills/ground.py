"""Where a drill is held: a station that runs already, or one started for it in a folder of its own."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path

import httpx

from inspection.errors import InputError
from service.drills.report import Options
from service.station_process import StationProcess
from service.store.database import DATABASE


@contextlib.contextmanager
def folder_for(options: Options) -> Iterator[Path]:
    """Give the drill's own station a folder.

    Raises
    ------
    InputError
        A station's records lie there: they only grow, so that nobody could take the drill's frames out again.
    """
    if options.data:
        if (options.data / DATABASE).exists():
            raise InputError(
                f"expected a folder for the drill alone, {options.data} holds a station's records: name another"
            )
        yield options.data
        return
    with tempfile.TemporaryDirectory(prefix="coatsight-drill-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def running_station(options: Options, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Give the address of the station that was named, else of one of the drill's own.

    Raises
    ------
    InputError
        It asks for keys: no one key may both post frames and look what became of them.
    """
    if options.url:
        _check_asks_nobody(options.url)
        yield options.url.rstrip("/")
        return
    with own_station(options, environment) as station:
        station.start()
        _check_asks_nobody(station.url)
        yield station.url


@contextlib.contextmanager
def own_station(
    options: Options,
    environment: Mapping[str, str] | None = None,
    module: Sequence[str] = ("service.cli", "serve"),
) -> Iterator[StationProcess]:
    """Give a station of the drill's own, not started yet.

    Raises
    ------
    InputError
        A running station was named.
    """
    if options.url:
        raise InputError("expected no --url, this drill kills or bends its own station: leave it out, or give --data")
    with folder_for(options) as folder, tempfile.TemporaryDirectory() as elsewhere:
        # The log lies elsewhere: the folder may be on a disk that is going to be full.
        station = StationProcess(folder, environment=environment, module=module, log=Path(elsewhere) / "station.log")
        try:
            yield station
        finally:
            station.stop()


def _check_asks_nobody(url: str) -> None:
    if httpx.get(f"{url.rstrip('/')}/v1/cameras").status_code == HTTPStatus.UNAUTHORIZED:
        raise InputError(f"expected a station without keys and users, {url} asks who is there: name another, or none")
