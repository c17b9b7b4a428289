"""`coatsight drill`: do harm to a station, and tell whether it behaved as it should."""

from dataclasses import asdict

from inspection.errors import InputError
from service.commands.terminal import print_json, print_table, say
from service.drills.report import Options, Report
from service.drills.table import DRILLS, Drill


def show(*, json: bool) -> int:
    """List the drills."""
    if json:
        print_json({name: {"harm": drill.harm, "expected": drill.expected} for name, drill in DRILLS.items()})
    else:
        print_table(("drill", "what is done", "what should be"), [(n, d.harm, d.expected) for n, d in DRILLS.items()])
    return 0


def run(name: str, options: Options, *, json: bool) -> int:
    """Hold a drill; return 0 where all was as expected, else 1.

    Raises
    ------
    InputError
        No drill bears the name, or it cannot be held so.
    """
    if name not in DRILLS:
        raise InputError(f"expected a drill out of {', '.join(DRILLS)}, got {name!r}: choose one")
    drill = DRILLS[name]
    say(f"{name}: {drill.harm}; this takes a while")
    report = drill.run(options)
    if json:
        print_json({"drill": name, "expected": drill.expected, **asdict(report), "passed": report.passed})
    else:
        _tell(name, drill, report)
    return 0 if report.passed else 1


def _tell(name: str, drill: Drill, report: Report) -> None:
    print(f"done      {report.done}")
    print(f"expected  {drill.expected}")
    print(f"happened  {report.happened}")
    for fault in report.faults:
        print(f"wrong     {fault}")
    print(f"{'PASS' if report.passed else 'FAIL'}      {name}")
