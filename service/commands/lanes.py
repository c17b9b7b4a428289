"""`coatsight roll lanes`: how well lanes keep their places, and where they do not."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from service.commands.terminal import print_json, print_table, say
from service.rollbook.lanes import Lane, LanesOfRoll, Measure, lanes_of_roll
from service.store.beside import reading

_NO = 1
_HEADINGS = ("lane", "measure", "mean mm", "sigma mm", "tolerance mm", "Cp", "Cpk", "rules broken", "shifts", "")


def show(roll: str, data: Path, *, json: bool) -> int:
    """Print capability, charts and faults of a roll's lanes; exit code 1 where something is out of tolerance."""
    with reading(data) as connection:
        told = lanes_of_roll(connection, roll)
    if json:
        print_json(asdict(told))
    else:
        _print(told)
    return _NO if told.faults else 0


def _print(told: LanesOfRoll) -> None:
    rows = [_row(lane, measure) for lane in told.lanes for measure in lane.measures]
    print_table(_HEADINGS, rows, title=f"roll {told.roll_id}")
    if told.faults:
        print_table(("lane", "from m", "to m", "severity", "out of tolerance"), _faults(told))
    elif not told.planned:
        say("no lane plan in the roll's recipe: lanes are numbered by each camera, and widths are held to nothing")


def _row(lane: Lane, measure: Measure) -> tuple[str, ...]:
    able, chart = measure.capability, measure.chart
    return (
        f"{lane.lane} of {lane.camera_id}" if lane.camera_id else str(lane.lane),
        measure.name.removesuffix("_mm").replace("_", " "),
        f"{sum(measure.series.mean_mm) / len(measure.series.mean_mm):.3f}",
        f"{chart.sigma_mm:.4f}" if chart else "",
        f"{able.lower_mm:g} to {able.upper_mm:g}" if able else "",
        f"{able.cp:.2f}" if able and able.cp is not None else "",
        f"{able.cpk:.2f}" if able and able.cpk is not None else "",
        str(len(chart.violations)) if chart else "",
        str(len(chart.shifts)) if chart else "",
        (able.refused or "") if able else "",
    )


def _faults(told: LanesOfRoll) -> Iterator[tuple[str, ...]]:
    for fault in told.faults:
        begin, end = f"{fault.from_mm / 1e3:.2f}", f"{fault.to_mm / 1e3:.2f}"
        yield str(fault.lane), begin, end, str(fault.severity), fault.why
