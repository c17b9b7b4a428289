"""Readiness: whether frames can be taken in now, point by point and with the reason.

Nothing is written to find out; it costs a look at counters, at the disk's free space, and one short read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from service.disk_guard import Level
from service.errors import StoreFailed
from service.station import Station
from service.store.revision import revision, wanted_revision


@dataclass(frozen=True)
class Check:
    """One condition of being ready."""

    name: str
    ok: bool
    told: str


def checks(station: Station) -> tuple[Check, ...]:
    """Look at everything that taking frames in needs; called from a thread that may wait for a read."""
    return (_running(station), _model(station), *_store(station), _disk(station), _inspectors(station))


def is_ready(station: Station) -> bool:
    """Tell whether every condition holds."""
    return all(check.ok for check in checks(station))


def _running(station: Station) -> Check:
    return Check("running", not station.stopping, "it stops" if station.stopping else "it runs")


def _model(station: Station) -> Check:
    model = station.inspectors.model
    return Check("model", True, f"{model.name} {model.version} is loaded")


def _store(station: Station) -> Iterator[Check]:
    if not station.store.healthy:
        yield Check("store", False, "the store cannot write")
        return
    try:
        found, wanted = station.store.read(revision), wanted_revision()
    except StoreFailed as problem:
        yield Check("store", False, str(problem))
        return
    yield Check("store", True, f"it writes, {station.store.waiting} records wait")
    yield Check("migrations", found == wanted, f"tables at revision {found}, this release wants {wanted}")


def _disk(station: Station) -> Check:
    state = station.disk.state()
    told = f"{state.free_bytes / 2**30:.1f} GiB free, {state.level}"
    return Check("disk", state.level is not Level.RECORDS_STOPPED, told)


def _inspectors(station: Station) -> Check:
    alive, wanted = station.inspectors.alive, station.settings.workers
    return Check("inspectors", alive > 0, f"{alive} of {wanted} inspecting processes work")
