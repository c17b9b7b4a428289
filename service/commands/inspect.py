"""`coatsight inspect`: image files in, a verdict for each out."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection.calibration import Calibration
from inspection.classification import load_classifier
from inspection.errors import CoatsightError, InputError
from inspection.geometry import Placement
from inspection.image_file import encode_png
from inspection.pipeline import Inspector
from inspection.recipe import Recipe, default_recipe, load_recipe
from inspection.record import FrameRecord, to_answer
from inspection.render import overlay
from inspection.verdict import Verdict
from models.registry import shipped_model
from service.commands.calibration_files import load_newest
from service.commands.image_paths import find_images, read_frame
from service.commands.terminal import print_json, print_table, progress, say

_NO, _WRONG = 1, 2
_CALIBRATION_BESIDE = ("calibration.npz",)
_RECIPE_BESIDE = ("recipe.toml", "recipe.json")


@dataclass(frozen=True)
class Sources:
    """Where calibration, recipe and scale come from, as named in the call; None: from beside the images."""

    camera: str | None = None
    data: Path | None = None
    calibration: Path | None = None
    recipe: Path | None = None
    mm_per_px: float | None = None


@dataclass(frozen=True)
class Seen:
    """What became of one image: a record, or the error that prevented it."""

    path: Path
    record: FrameRecord | None = None
    error: str = ""
    overlay: Path | None = None

    @property
    def exit_code(self) -> int:
        """What this image alone would end the command with."""
        if self.record is None:
            return _WRONG
        return _NO if self.record.verdict in (Verdict.REJECT, Verdict.HOLD) else 0

    def answer(self) -> dict[str, Any]:
        """Plain fields for `--json`."""
        told: dict[str, Any] = {"file": str(self.path)}
        told |= to_answer(self.record, self.path.stem) if self.record else {"error": self.error}
        return told | ({"overlay": str(self.overlay)} if self.overlay else {})

    def row(self) -> tuple[str, str, str, str]:
        """File, verdict, defects by kind, worst reason."""
        if self.record is None:
            return str(self.path), "error", "", self.error
        kinds = Counter(defect.finding.kind.value for defect in self.record.defects)
        counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        return str(self.path), self.record.verdict.value, counts, next(iter(self.record.reasons), "")


class Inspectors:
    """One inspector for each folder of images, by the files that lie beside them.

    Raises
    ------
    InputError
        The call contradicts itself, or a file it names cannot be used.
    """

    def __init__(self, sources: Sources) -> None:
        self._mm_per_px = sources.mm_per_px
        self._calibration = _named_calibration(sources)
        self._recipe = load_recipe(sources.recipe) if sources.recipe else None
        self._classifier = load_classifier(shipped_model())
        self._by_folder: dict[Path, Inspector] = {}

    def beside(self, image: Path) -> Inspector:
        """Take the inspector for an image, made when its folder is first met."""
        folder = image.parent
        if folder not in self._by_folder:
            self._by_folder[folder] = self._make(folder)
        return self._by_folder[folder]

    def _make(self, folder: Path) -> Inspector:
        calibration = self._calibration or _calibration_beside(folder)
        self._check_scale(calibration)
        recipe = self._recipe or _recipe_beside(folder) or default_recipe()
        mm = self._mm_per_px or Placement().mm_per_px_cross
        return Inspector(recipe, self._classifier, placement=Placement(mm, mm), calibration=calibration)

    def _check_scale(self, calibration: Calibration | None) -> None:
        if calibration is None or self._mm_per_px is None:
            return
        told = calibration.placement.mm_per_px_cross
        if abs(told - self._mm_per_px) > 1e-9:
            raise InputError(
                f"expected the calibration's {told:g} mm per pixel, got --mm-per-px {self._mm_per_px:g}: "
                "leave it out, or calibrate anew"
            )


def _named_calibration(sources: Sources) -> Calibration | None:
    if (sources.camera is None) != (sources.data is None):
        raise InputError("expected --camera and --data together, got one: a camera's calibrations lie under --data")
    if sources.calibration and sources.camera:
        raise InputError("expected --calibration or --camera, got both: name one calibration")
    if sources.camera and sources.data:
        return load_newest(sources.data, sources.camera)
    return Calibration.load(sources.calibration) if sources.calibration else None


def _calibration_beside(folder: Path) -> Calibration | None:
    path = _beside(folder, _CALIBRATION_BESIDE)
    return Calibration.load(path) if path else None


def _recipe_beside(folder: Path) -> Recipe | None:
    path = _beside(folder, _RECIPE_BESIDE)
    return load_recipe(path) if path else None


def _beside(folder: Path, names: Iterable[str]) -> Path | None:
    for name in names:
        if (path := folder / name).is_file():
            say(f"using {path}, which lies beside the images")
            return path
    return None


def run(images: Sequence[Path], sources: Sources, overlays: Path | None, *, json: bool) -> int:
    """Inspect every image, print the outcome, return the exit code."""
    paths = find_images(images)
    drawer = Overlays(overlays, paths) if overlays else None
    inspectors = Inspectors(sources)
    with progress() as bar:
        seen = [_inspected(path, inspectors, drawer) for path in bar.track(paths, description="inspecting")]
    if json:
        print_json([one.answer() for one in seen])
    else:
        print_table(("file", "verdict", "defects", "worst reason"), [one.row() for one in seen])
    return max(one.exit_code for one in seen)


class Overlays:
    """Writes pictures into a folder of their own, never over an image or over each other.

    Raises
    ------
    InputError
        The folder holds the images themselves.
    """

    def __init__(self, folder: Path, images: Iterable[Path]) -> None:
        if folder.resolve() in {image.parent.resolve() for image in images}:
            raise InputError(f"expected a folder of its own for --overlay, got that of the images, {folder}")
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._taken = folder, Counter[str]()

    def write(self, image: Path, picture: bytes) -> Path:
        """Write one PNG file, named after its image."""
        self._taken[image.name] += 1
        number = self._taken[image.name]
        path = self._folder / (f"{image.name}.png" if number == 1 else f"{image.name}.{number}.png")
        path.write_bytes(picture)
        return path


def _inspected(path: Path, inspectors: Inspectors, overlays: Overlays | None) -> Seen:
    try:
        inspector = inspectors.beside(path)
        begun = time.perf_counter()
        frame = read_frame(path)
        decode_ms = 1e3 * (time.perf_counter() - begun)
        record = inspector.inspect(frame, decode_ms=decode_ms).record
    except CoatsightError as error:
        return Seen(path, error=str(error).removeprefix(f"{path}: "))
    if overlays is None:
        return Seen(path, record)
    return Seen(path, record, overlay=overlays.write(path, encode_png(overlay(frame, record, inspector.placement))))
