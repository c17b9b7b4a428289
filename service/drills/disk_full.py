"""The disk fills up, and there is room again."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from inspection.errors import InputError
from service.drills.camera import Camera, client_of, fresh_name, lost
from service.drills.ground import own_station
from service.drills.report import Options, Report, faults

_SMALL_MIB = 64
_LARGEST_GIB = 1
_ENVIRONMENT = {"COATSIGHT_KEEP_FREE_GIB": "0"}
_MOST_FRAMES = 3000
_REFUSALS_WANTED = 20
_RECOVERS_WITHIN_S = 60.0


def run(options: Options) -> Report:
    """Fill the station's disk while frames come, then make room."""
    with _small_disk(options) as folder, own_station(Options(options.url, folder), _ENVIRONMENT) as station:
        station.start()
        with client_of(station.url) as client:
            camera, filler = Camera(client, "drill-cam", fresh_name("disk")), folder / "drill-filler"
            answered = [camera.post(n).content for n in range(5)]
            _fill(filler)
            statuses = _post_until_refused(camera, answered)
            early = lost(client, answered)
            filler.unlink()
            recovered_s = _recovered(camera, answered)
            missing = lost(client, answered)
    refused = sorted(set(statuses) - {200})
    return Report(
        f"the disk was filled while {len(statuses)} frames came, then there was room again",
        f"{statuses.count(200)} were answered 200, the others {refused}; "
        f"{max(early, missing)} of all {len(answered)} answered frames are gone; "
        + (f"it went on {recovered_s:.1f} s later" if recovered_s is not None else "it did not go on"),
        faults(
            no_frame_was_refused_so_the_disk_was_not_full=not refused,
            a_refusal_was_not_503=bool(set(refused) - {503}),
            an_answered_frame_is_not_there=early + missing > 0,
            the_station_did_not_recover=recovered_s is None,
        ),
    )


def _post_until_refused(camera: Camera, answered: list[bytes]) -> list[int]:
    statuses: list[int] = []
    for sequence in range(5, 5 + _MOST_FRAMES):
        answer = camera.post(sequence)
        statuses.append(answer.status_code)
        if answer.status_code == 200:
            answered.append(answer.content)
        if len(statuses) - statuses.count(200) >= _REFUSALS_WANTED:
            break
    return statuses


def _recovered(camera: Camera, answered: list[bytes]) -> float | None:
    begun, sequence = time.monotonic(), 5 + _MOST_FRAMES
    while time.monotonic() < begun + _RECOVERS_WITHIN_S:
        answer = camera.post(sequence)
        if answer.status_code == 200:
            answered.append(answer.content)
            return time.monotonic() - begun
        time.sleep(0.2)
    return None


def _fill(filler: Path) -> None:
    """Write until nothing more fits."""
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))


@contextlib.contextmanager
def _small_disk(options: Options) -> Iterator[Path]:
    """Give a folder on a disk that is quickly filled.

    Raises
    ------
    InputError
        None was named and this user cannot make one, or the one named is large.
    """
    if options.data:
        options.data.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(options.data).total > _LARGEST_GIB << 30:
            raise InputError(
                f"expected --data on a disk of at most {_LARGEST_GIB} GiB, since it is filled: name another"
            )
        yield options.data
        return
    if os.geteuid() != 0:
        raise InputError("expected --data on a small disk of its own, got none: name one, or run this drill as root")
    with tempfile.TemporaryDirectory(prefix="coatsight-drill-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SMALL_MIB}m", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
