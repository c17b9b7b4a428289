"""Hostile bodies through the station's own decoders: nothing but a sane frame or a refusal that says why.

Each body follows from the seed and its number, so that any failure is tried again by its number alone.
"""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.answers import Row
from benchmarks.fuzz_worker import MAX_PIXELS, Share, arguments, outcome, settings_of
from benchmarks.hostile_bodies import hostile

KEPT_IN: Final = Path("fuzz-failures")
_MOST_TOLD = 5
_MOST_FAILURES = 100
_MOST_GROWTH_BYTES = 64 << 20
"""Between the first tenth of a process's bodies and its last: more is a leak, and shows as one in a million."""


@dataclass
class _Found:
    """What all processes have found so far; guarded by its lock."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)
    growths: list[int] = field(default_factory=list)
    peak_bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def fuzz(bodies: int, seed: int, processes: int, seconds: float, keep: Path = KEPT_IN) -> list[Row]:
    """Decode so many hostile bodies; bodies that fail are kept in a folder.

    Parameters
    ----------
    bodies, seed, processes : int
    seconds : float
        On the processor, for one body; what takes longer is a hang.
    keep : Path
    """
    found = _Found()
    with tempfile.TemporaryDirectory() as folder, _bar() as bar:
        task = bar.add_task(f"hostile bodies, seed {seed}", total=bodies)
        shares = [Share(seed, n, bodies, processes, f"{folder}/{n}", seconds) for n in range(processes)]
        threads = [threading.Thread(target=_through, args=(share, found)) for share in shares]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            threads[0].join(0.2)
            bar.update(task, completed=found.outcomes.total())
        for thread in threads:
            thread.join()
    for index, _ in found.failures:
        _save(seed, index, keep)
    return _rows(found, bodies, seed, keep)


def again(seed: int, index: int) -> list[Row]:
    """Decode one body by its number, here: what crashes it crashes this process too."""
    posted = hostile(seed, index)
    return [Row(f"body {index} of seed {seed}: {posted.name}", outcome(posted, settings_of(index)))]


def _bar() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


def _through(share: Share, found: _Found) -> None:
    """Have a share decoded to its end, by another process whenever one died."""
    rest: Share | None = share
    while rest and len(found.failures) < _MOST_FAILURES:
        rest = _until_it_dies(rest, found)


def _until_it_dies(share: Share, found: _Found) -> Share | None:
    """Run one process; return what it left undone."""
    Path(share.at).write_bytes(bytes(8))
    guarded = os.environ | {"OPENCV_IO_MAX_IMAGE_PIXELS": str(MAX_PIXELS), "OPENCV_LOG_LEVEL": "SILENT"}
    process = subprocess.Popen(
        arguments(share), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=guarded | {"OMP_NUM_THREADS": "1"}
    )
    assert process.stdout
    assert process.stderr
    sizes: list[int] = []
    # Decoders complain of most bodies; the last words matter, where a process ends by itself.
    last_words: deque[bytes] = deque(maxlen=20)
    listener = threading.Thread(target=last_words.extend, args=(process.stderr,))
    listener.start()
    told = sum(_noted(json.loads(line), found, sizes) for line in process.stdout)
    listener.join()
    code = process.wait()
    with found.lock:
        found.growths += [sizes[-1] - sizes[len(sizes) // 10]] if sizes else []
    if code == 0:
        return None
    if code > 0:
        raise RuntimeError(b"".join(last_words).decode(errors="replace"))
    return _after_death(share, code, told, found)


def _after_death(share: Share, code: int, noted: int, found: _Found) -> Share:
    """Note the body that the process died of, and those before it whose outcomes it had not told yet."""
    index = int.from_bytes(Path(share.at).read_bytes(), "little")
    told = f"more than {share.seconds:g} s" if -code == signal.SIGPROF else f"died by {signal.Signals(-code).name}"
    with found.lock:
        found.failures.append((index, f"{hostile(share.seed, index).name}: {told}"))
        found.outcomes["FAILED"] += 1
        found.outcomes["without harm before a failure"] += (index - share.first) // share.step - noted
    return replace(share, first=index + share.step)


def _noted(line: dict[str, Any], found: _Found, sizes: list[int]) -> int:
    """Note what a process told; return of how many bodies."""
    with found.lock:
        if "failure" in line:
            found.failures.append((line["index"], line["failure"]))
            return 0
        found.outcomes.update(line["outcomes"])
        found.peak_bytes = max(found.peak_bytes, line["peak"])
        sizes.append(line["rss"])
        return sum(line["outcomes"].values())


def _save(seed: int, index: int, keep: Path) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    posted = hostile(seed, index)
    (keep / f"{seed}-{index}.body").write_bytes(posted.body)
    told = {"name": posted.name, "headers": posted.headers, "query": posted.query}
    (keep / f"{seed}-{index}.json").write_text(json.dumps(told, indent=2) + "\n")


def _rows(found: _Found, bodies: int, seed: int, keep: Path) -> list[Row]:
    tried, frames = found.outcomes.total(), found.outcomes["frame"]
    refused = ", ".join(f"{count} {name}" for name, count in found.outcomes.most_common() if name != "frame")
    growth = max(found.growths, default=0)
    failures = [
        Row(f"body {index}: {told} (kept in {keep}; again: --seed {seed} --only {index})", "failed", "", False)
        for index, told in sorted(found.failures)[:_MOST_TOLD]
    ]
    return [
        Row(f"hostile bodies decoded, seed {seed}", str(tried), str(bodies), tried >= bodies),
        Row("of these became frames; the others were refused", f"{frames}; {refused}"),
        Row("crashes, hangs, errors of no known kind", str(len(found.failures)), "0", not found.failures),
        Row("largest memory of a process", f"{found.peak_bytes / 2**20:.0f} MiB"),
        Row(
            "growth of a process after its first tenth",
            f"{growth / 2**20:.1f} MiB",
            f"<= {_MOST_GROWTH_BYTES >> 20} MiB",
            growth <= _MOST_GROWTH_BYTES,
        ),
        *failures,
    ]
