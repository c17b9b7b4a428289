"""A process that decodes hostile bodies, made to be killed: `python -m benchmarks.fuzz_worker SHARE`, see `Share`.

A decoder that does not come back cannot be interrupted from within: the kernel ends the process when one body
has taken its time on the processor (SIGPROF), and the number of the body at hand lies in a file, so that whoever
started the process knows which one it was. Time on the processor, not on the clock: a busy machine is no hang.
"""

import json
import mmap
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers

from benchmarks.hostile_bodies import Posted, honest, hostile
from benchmarks.memory import status_bytes
from inspection.errors import FrameError
from inspection.frame import Frame
from service.api.digests import parse_digests
from service.api.envelopes import envelope_of
from service.decoding import check_digests
from service.errors import StationError
from service.frame_query import parsed_query
from service.settings import Settings

MAX_PIXELS: Final = 16 << 20
"""Four times an ordinary frame. What fits may be decoded, so it bounds both time and memory."""

_SMALL_PIXELS = 1 << 20
_LARGE_ONE_IN = 50
_MOST_EXTRA_BYTES = 512 << 20
"""A frame of `MAX_PIXELS` in three colours of 16 bits, twice over, grey, and what unpacks it."""

_TELL_EVERY = 500


@dataclass(frozen=True)
class Share:
    """Which bodies one process decodes, and what each may take.

    Attributes
    ----------
    seed, first, last, step : int
    at : str
        File that holds the number of the body at hand, 8 bytes.
    seconds : float
        On the processor, for one body.
    """

    seed: int
    first: int
    last: int
    step: int
    at: str
    seconds: float


def outcome(posted: Posted, settings: Settings) -> str:
    """Decode as the route does; return `frame`, the kind of refusal, or raise what should not have been raised."""
    headers = Headers({"Content-Length": str(len(posted.body)), **posted.headers})
    body = np.frombuffer(posted.body, np.uint8)
    try:
        envelope = envelope_of(headers, parsed_query({"roll": "R1", "sequence": "0", **posted.query}), settings)
        digests = parse_digests(headers.get("content-digest"))
        if envelope.size != body.size:
            return "other size than announced"
        check_digests(body, digests)
        frame = envelope.decoding(body)
    except (FrameError, StationError, RequestValidationError) as refusal:
        return type(refusal).__name__
    check_sane(frame, settings)
    return "frame"


def check_sane(frame: Frame, settings: Settings) -> None:
    """Raise unless a frame is what the pipeline may be given.

    Raises
    ------
    AssertionError
    """
    settings.frame_limits.check(frame.columns, frame.rows)
    if int(frame.pixels.max()) > frame.full_scale_gl:
        raise AssertionError(f"a grey level above {frame.full_scale_gl}")


def settings_of(index: int) -> Settings:
    """Give most bodies small limits, so that a second tries many, and some those of a large frame."""
    return _LARGE if index % _LARGE_ONE_IN == 0 else _SMALL


_LARGE, _SMALL = Settings(max_pixels=MAX_PIXELS), Settings(max_pixels=_SMALL_PIXELS)


def run(share: Share) -> Iterator[dict[str, object]]:
    """Decode the share; yield failures, and now and then how far it is."""
    outcomes: Counter[str] = Counter()
    with Path(share.at).open("r+b") as file, mmap.mmap(file.fileno(), 8) as at:
        _warm_up()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for count, index in enumerate(range(share.first, share.last, share.step), 1):
            at[:] = index.to_bytes(8, "little")
            failure, told = _tried(share, index)
            outcomes[told] += 1
            if failure:
                yield {"index": index, "failure": failure}
            if (now := resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) > peak + _MOST_EXTRA_BYTES // 1024:
                yield {"index": index, "failure": f"took {(now - peak) // 1024} MiB more than before"}
                peak = now
            if count % _TELL_EVERY == 0:
                yield _told(outcomes)
    yield _told(outcomes)


def _tried(share: Share, index: int) -> tuple[str, str]:
    """Return what failed, empty for nothing, and the outcome; dies by SIGPROF when it takes too long."""
    posted = hostile(share.seed, index)
    signal.setitimer(signal.ITIMER_PROF, share.seconds)
    try:
        return "", outcome(posted, settings_of(index))
    except Exception as problem:
        return f"{posted.name}: {type(problem).__name__}: {problem}", "FAILED"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _warm_up() -> None:
    """Load what decoders load at first, before memory and time are watched; honest bodies must become frames."""
    told = {posted.name: outcome(posted, _LARGE) for posted in honest()}
    if refused := {name: what for name, what in told.items() if what != "frame"}:
        raise RuntimeError(f"expected honest bodies to become frames, these did not: {refused}")


def _told(outcomes: Counter[str]) -> dict[str, object]:
    told: dict[str, object] = {"outcomes": dict(outcomes), "rss": status_bytes("VmRSS"), "peak": status_bytes("VmHWM")}
    outcomes.clear()
    return told


def arguments(share: Share) -> list[str]:
    """Return the command that runs a share."""
    return [sys.executable, "-m", "benchmarks.fuzz_worker", json.dumps(asdict(share))]


if __name__ == "__main__":
    for line in run(Share(**json.loads(sys.argv[1]))):
        print(json.dumps(line), flush=True)
