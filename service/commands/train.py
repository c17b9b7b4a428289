"""`coatsight train`: the model in use goes on learning from a plant's own crops, in a process of its own."""

import importlib.util
import subprocess
import sys
from pathlib import Path

from inspection.errors import InputError
from service import promotion
from service.commands import models
from service.commands.serve import settings_for

_MODULE = "models.train"
_NEEDS = "torch"


def run(export: Path, station: Path | None, *, promote: bool, anyway: bool, json: bool) -> int:
    """Train, tell how it compares, promote it where that is wanted; return the exit code."""
    if not export.is_dir():
        raise InputError(f"expected a folder with .npz files or KIND/*.png at {export}, there is none")
    if importlib.util.find_spec(_NEEDS) is None:
        raise InputError("expected the training extra: pip install -e '.[train]' in the project's folder brings it")
    if promote and station is None:
        raise InputError("expected --station with --promote: only a station takes a model")
    wishes = [*(["--anyway"] if anyway else []), *(["--json"] if json else [])]
    command = [sys.executable, "-m", _MODULE, "--data", str(export), *_of_station(station), *wishes]
    code = subprocess.run(command, check=False).returncode
    return models.promote(_trained(station), station, anyway=anyway) if station and promote and code == 0 else code


def _of_station(station: Path | None) -> list[str]:
    """The model in use, what it is compared on, and where the new one goes."""
    if station is None:
        return []
    settings = settings_for(station)
    start, golden = promotion.model_in_use(settings), promotion.golden_set(settings)
    return [
        "--start", str(start), "--golden", str(golden), "--out", str(_trained(station)),
        "--version", promotion.next_version(settings),
    ]  # fmt: skip


def _trained(station: Path) -> Path:
    return promotion.model_folder(station) / "trained" / "trained.onnx"
