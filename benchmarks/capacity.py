"""How many frames a second a station answers, and what share that is of what its transport alone can take."""

from rich.progress import track

from benchmarks.answers import Row
from benchmarks.line import not_repeated, repeated_row, warm_up
from benchmarks.load import Load, Tally, pictures, send
from benchmarks.serving import serving

_RATE_BAR, _SHARE_BAR = 150.0, 0.40
_SLICES = 6


def capacity(cameras: int, seconds: float, connections: int) -> list[Row]:
    """Post 4 MiB frames as fast as they are answered, in turns with a route that only reads the body.

    Turns of some seconds, so that a machine that is slow for a while is so for both.
    """
    names, frames = tuple(f"cam-{n + 1}" for n in range(cameras)), pictures()
    judged, bare, forgotten = [], [], 0
    with serving(names, "benchmarks.bare_station") as here:
        warm_up(here, frames, Load(names, 1.0))
        for turn in track(range(_SLICES), "in turns", transient=True):
            bare.append(
                send(here.port, frames, Load(names, seconds / _SLICES / 2, route="bare", connections=connections))
            )
            load = Load(names, seconds / _SLICES, connections=connections, roll=f"R{turn}", sends_again=True)
            judged.append(send(here.port, frames, load, keep_answers=True))
            forgotten += not_repeated(here, judged[-1])
    return _rows(judged, bare, forgotten)


def _rows(judged: list[Tally], bare: list[Tally], forgotten: int) -> list[Row]:
    rate, most = _rate(judged), _rate(bare)
    share, cameras = rate / most, len(judged[0].by_camera)
    what = f"{cameras} cameras of 4 MiB, durable, as fast as they are answered"
    spread = f"turns {min(each.per_s for each in judged):.0f} to {max(each.per_s for each in judged):.0f}"
    p99 = max(each.quantile_ms(0.99) for each in judged)
    answered, lost = sum(len(each.ms) for each in judged), sum(each.lost for each in judged)
    again = sum(each.refused[503] for each in judged)
    return [
        Row(what, f"{rate:.0f} frames/s ({spread})", f">= {_RATE_BAR:g}", rate >= _RATE_BAR),
        Row("the route that only reads the body, in turns with it", f"{most:.0f} frames/s"),
        Row("share of that", f"{share:.0%}", f">= {_SHARE_BAR:.0%}", share >= _SHARE_BAR),
        Row("p99 of the slowest turn", f"{p99:.1f} ms"),
        Row("lost", f"{lost} of {answered + lost}; {again} refused and sent again", "0", not lost),
        repeated_row(forgotten, answered),
    ]


def _rate(tallies: list[Tally]) -> float:
    return sum(len(each.ms) for each in tallies) / sum(each.elapsed_s for each in tallies)
