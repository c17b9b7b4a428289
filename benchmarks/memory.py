"""How much memory inspecting takes beyond the loaded model, in a fresh process."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.answers import Row
from benchmarks.stations import station
from inspection.calibration import Calibration
from inspection.classification import load_classifier
from inspection.frame import Frame
from inspection.pipeline import Inspector
from inspection.recipe import default_recipe
from inspection.synthetic.plan import clean, exactly
from models.registry import shipped_model

_BAR_FRAMES = 3.0
_FRAMES = 4
_WARM_ROWS = 256


def memory() -> list[Row]:
    """Peak resident size while inspecting, less that after loading, in frames of 4 MiB."""
    with tempfile.TemporaryDirectory() as folder:
        _draw(Path(folder))
        command = [sys.executable, "-m", "benchmarks.memory", folder]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [
        Row(
            f"peak memory while inspecting {what}, over that after loading the model",
            f"{told[what] / told['frame']:.2f} frames ({told[what] / 2**20:.1f} MiB)",
            f"<= {_BAR_FRAMES:g} frames",
            told[what] <= _BAR_FRAMES * told["frame"],
        )
        for what in ("clean frames", "frames with 20 defects")
    ]


def _draw(folder: Path) -> None:
    here = station("graphite")
    here.calibration.save(folder / "calibration.npz")
    for name, plan in (("clean", clean()), ("busy", exactly(20))):
        web = here.web(3, plan)
        for index in range(_FRAMES):
            web.frame(index).frame.pixels.tofile(folder / f"{name}-{index}.raw")


def _measure(folder: Path) -> dict[str, int]:
    """In the fresh process: frames are read into one buffer, as a station receives them.

    What compiled code takes belongs to loading: a station warms every kernel before it says that it is ready.
    """
    calibration = Calibration.load(folder / "calibration.npz")
    inspector = Inspector(default_recipe(), load_classifier(shipped_model()), calibration=calibration)
    buffer = np.zeros((1024, 4096), np.uint8)
    small = np.fromfile(folder / "busy-0.raw", np.uint8, _WARM_ROWS * buffer.shape[1])
    inspector.inspect(Frame(small.reshape(_WARM_ROWS, -1)))
    found = {"frame": buffer.nbytes}
    loaded = status_bytes("VmRSS")
    for what, name in (("clean frames", "clean"), ("frames with 20 defects", "busy")):
        _forget_peak()
        for index in range(_FRAMES):
            _receive(folder / f"{name}-{index}.raw", buffer)
            inspector.inspect(Frame(buffer.view()))
        found[what] = status_bytes("VmHWM") - loaded
    return found


def _receive(path: Path, buffer: NDArray[np.uint8]) -> None:
    with path.open("rb") as file:
        file.readinto(buffer.data.cast("B"))


def status_bytes(name: str) -> int:
    """A size that Linux tells of this process: VmRSS is the present one, VmHWM the largest so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def _forget_peak() -> None:
    """Let the largest size start from the present one: loading took more than inspecting does."""
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
