"""What a drill is given, and what it reports."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How a drill is to be run; what is None is chosen by the drill.

    Attributes
    ----------
    url : str or None
        A station that runs already; else the drill starts one.
    data : Path or None
        Folder for the station that the drill starts; else a temporary one.
    times : int or None
        How often, or how many.
    stop, start : str or None
        Shell commands that stop and start what the station depends on.
    """

    url: str | None = None
    data: Path | None = None
    times: int | None = None
    stop: str | None = None
    start: str | None = None


@dataclass(frozen=True)
class Report:
    """What came of a drill, in plain words.

    Attributes
    ----------
    done, happened : str
    faults : tuple of str
        What was not as expected.
    """

    done: str
    happened: str
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.faults


def faults(**wrong: bool) -> tuple[str, ...]:
    """Name what is wrong; underscores are written as spaces."""
    return tuple(name.replace("_", " ") for name, is_wrong in wrong.items() if is_wrong)
