"""What is asked for at each scrape: whether the station is ready, its queues and its disk."""

from pathlib import Path
from shutil import disk_usage
from typing import Literal

from service.readiness import is_ready
from service.station import Station


def watch_station(station: Station) -> None:
    """Show what a station can be asked for among its metrics."""
    watch, folder = station.metrics.watch, station.settings.data_dir
    station.metrics.watch_cameras("queue_depth", "Frames of a camera being taken in.", station.admission.of)
    watch("queue_places", "Frames of one camera that may be taken in.", lambda: station.settings.queue_frames)
    watch("ready", "1 while /readyz says so.", lambda: is_ready(station))
    watch("store_healthy", "1 while records are being written.", lambda: station.store.healthy)
    watch("disk_free_bytes", "Room on the data folder's disk.", lambda: _disk_bytes(folder, "free"))
    watch("disk_total_bytes", "Size of the data folder's disk.", lambda: _disk_bytes(folder, "total"))


def _disk_bytes(folder: Path, what: Literal["free", "total"]) -> float:
    """Room on a folder's disk; NaN where it cannot be reached, which must not spoil every other metric."""
    try:
        return float(getattr(disk_usage(folder), what))
    except OSError:
        return float("nan")
