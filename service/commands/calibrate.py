"""`coatsight calibrate`: frames of ordinary production in, the camera's next calibration out."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.column_gain import FEWEST_FRAMES
from inspection.frame import Frame
from inspection.geometry import Placement
from service.commands.calibration_files import check_camera_name, keep_as_next
from service.commands.image_paths import find_images, read_frame
from service.commands.remembering import remember
from service.commands.terminal import print_json, print_table, progress, say

_WANTED_FRAMES = 24


def run(named: Sequence[Path], camera: str, placement: Placement, data: Path, *, json: bool) -> int:
    """Calibrate from image files, print what was learnt, return the exit code."""
    check_camera_name(camera)
    with progress() as bar:
        frames = [read_frame(path) for path in bar.track(find_images(named), description="reading")]
    if len(frames) < _WANTED_FRAMES:
        say(_few(len(frames)))
    path, calibration = calibrate_camera(frames, camera, placement, data)
    _print(path, calibration, json=json)
    return 0


def calibrate_camera(
    frames: Sequence[Frame], camera: str, placement: Placement, data: Path
) -> tuple[Path, Calibration]:
    """Make and keep the camera's next calibration.

    Raises
    ------
    InputError
        Frames that differ or show no coating, or a camera name that is no folder's.
    """
    with progress() as bar:
        task = bar.add_task("calibrating", total=2 * len(frames))
        draft = calibrate(frames, placement, camera=camera, progress=lambda: bar.advance(task))
    path, kept = keep_as_next(data, camera, lambda version: dataclasses.replace(draft, version=version))
    remember(data, "camera calibrated", f"camera {camera}", version=kept.version, frames=len(frames))
    return path, kept


def _few(frames: int) -> str:
    rough = " A streak that stands in all of them will not be seen." if frames < FEWEST_FRAMES else ""
    return f"warning: {frames} frames make a rough calibration, {_WANTED_FRAMES} or more make a good one.{rough}"


def _print(path: Path, calibration: Calibration, *, json: bool) -> None:
    if json:
        print_json(_learnt(path, calibration))
        return
    title = f"{calibration.camera}, calibration {calibration.version}, from {calibration.made_from_frames} frames"
    print_table(("lane", "left mm", "right mm", "width mm"), _lane_rows(calibration), title=title)
    print_table(("", "grey level", "noise (grey levels)", "point threshold (sigma)"), _material_rows(calibration))
    say(f"kept as {path}")


def _lanes_mm(calibration: Calibration) -> list[tuple[float, float]]:
    """Left and right edge of each lane on the web, from the operator side."""
    place, columns = calibration.placement, calibration.columns
    edges = [sorted(place.cross_mm(float(edge), columns) for edge in lane) for lane in calibration.lanes_px]
    return sorted((left, right) for left, right in edges)


def _lane_rows(calibration: Calibration) -> list[tuple[str, ...]]:
    lanes = enumerate(_lanes_mm(calibration), 1)
    return [(str(lane), f"{left:.2f}", f"{right:.2f}", f"{right - left:.2f}") for lane, (left, right) in lanes]


def _material_rows(calibration: Calibration) -> list[tuple[str, ...]]:
    seen = [("coating", calibration.coating_gl, calibration.coating)]
    if calibration.sees_foil:
        seen.append(("foil", calibration.foil_gl, calibration.foil))
    return [
        (name, f"{level:.1f}", f"{noise.sigma['point']:.3f}", f"{noise.threshold_sigma['point']:.1f}")
        for name, level, noise in seen
    ]


def _learnt(path: Path, calibration: Calibration) -> dict[str, Any]:
    return {
        "file": str(path),
        "camera": calibration.camera,
        "version": calibration.version,
        "frames": calibration.made_from_frames,
        "columns": calibration.columns,
        "bits": calibration.bits,
        "mm_per_px": calibration.placement.mm_per_px_cross,
        "lanes": [
            {
                "lane": lane,
                "left_mm": round(left, 3),
                "right_mm": round(right, 3),
                "width_mm": round(right - left, 3),
            }
            for lane, (left, right) in enumerate(_lanes_mm(calibration), 1)
        ],
        "skip_coating": calibration.skip_coating,
        "coating_gl": round(calibration.coating_gl, 2),
        "foil_gl": round(calibration.foil_gl, 2) if calibration.sees_foil else None,
        "coating_noise_gl": round(calibration.coating.sigma["point"], 4),
        "foil_noise_gl": round(calibration.foil.sigma["point"], 4) if calibration.sees_foil else None,
        "point_threshold_sigma": round(calibration.coating.threshold_sigma["point"], 2),
    }
