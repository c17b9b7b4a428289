"""What is asked for at each scrape: whether the station is ready, its queues and its disk."""

from service.disk_guard import DiskState, Level
from service.readiness import is_ready
from service.retention import Retention
from service.station import Station


def watch_station(station: Station, retention: Retention) -> None:
    """Show what a station can be asked for among its metrics."""
    watch = station.metrics.watch
    station.metrics.watch_cameras("queue_depth", "Frames of a camera being taken in.", station.admission.of)
    station.metrics.watch_cameras(
        "frames_missing", "Numbers below a roll's newest answered one that were not answered.", station.missing_of
    )
    watch("queue_places", "Frames of one camera that may be taken in.", lambda: station.settings.queue_frames)
    watch("ready", "1 while /readyz says so.", lambda: is_ready(station))
    watch("store_healthy", "1 while records are being written.", lambda: station.store.healthy)
    _watch_queues(station)
    _watch_disk(station, retention)


def _watch_queues(station: Station) -> None:
    watch, images = station.metrics.watch, station.images
    watch("inspectors_alive", "Processes that can inspect a frame.", lambda: station.inspectors.alive)
    watch("frames_waiting", "Frames that wait for their turn, of all cameras.", lambda: station.turns.waiting)
    watch("places", "Frames that may be under way now, of all cameras.", lambda: station.admission.places)
    watch("frames_under_way", "Frames being taken in, of all cameras.", lambda: station.admission.total)
    watch("pictures_waiting", "Pictures that wait to be written.", lambda: images.waiting)
    watch("pictures_kept", "Pictures written since the start.", lambda: images.kept)
    watch("pictures_dropped", "Pictures that should have been kept and were not.", lambda: images.dropped)
    watch("records_waiting", "Records that wait to be written.", lambda: station.store.waiting)


def _watch_disk(station: Station, retention: Retention) -> None:
    watch, state, levels = station.metrics.watch, station.disk.state, list(Level)
    watch("disk_free_bytes", "Free disk, without the reserve for records.", lambda: state().free_bytes)
    watch("disk_total_bytes", "Size of the disk.", lambda: state().total_bytes)
    watch("disk_hours_to_full", "Hours until the disk is full; +Inf while it does not fill.", lambda: _hours(state()))
    watch("disk_level", "0: all is kept, 1: no pictures, 2: no records.", lambda: levels.index(state().level))
    watch("pictures_pruned", "Old pictures removed since the start.", lambda: retention.pruned_pictures)
    watch("crops_pruned", "Frames whose old crops were removed since the start.", lambda: retention.pruned_crops)


def _hours(state: DiskState) -> float:
    return float("inf") if state.hours_to_full is None else state.hours_to_full
