"""Draw the sample images: `python sample_images/draw.py`.

In:  this file; each folder's recipe.toml stays as it is.
Out: for each product a folder of frames (PNG), what is true of them (truth.json), and the
     calibration of the camera that took them (calibration.npz).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from inspection.calibrating import calibrate
from inspection.defect import Kind
from inspection.geometry import Placement
from inspection.synthetic.order import Orders, Plan, Slot
from inspection.synthetic.plan import clean, kinds
from inspection.synthetic.product import PRODUCTS
from inspection.synthetic.truth import TrueDefect, Truth
from inspection.synthetic.web import SyntheticFrame, SyntheticWeb

HERE = Path(__file__).parent
COLUMNS, ROWS = 1536, 512
"""Small enough to be kept beside the code, wide enough for three lanes."""

CALIBRATION_FRAMES = 24


@dataclass(frozen=True)
class Sample:
    """One product's folder.

    Attributes
    ----------
    product : str
    camera_seed, calibration_seed, web_seed : int
        One camera; what it was calibrated on is another stretch of web than what is shown.
    frames : mapping of str to sequence of Kind
        File name, and what is to be seen on it.
    """

    product: str
    camera_seed: int
    calibration_seed: int
    web_seed: int
    frames: Mapping[str, Sequence[Kind]]

    def web(self, seed: int, plan: Plan) -> SyntheticWeb:
        """Put a stretch of web before the sample's camera."""
        return SyntheticWeb(
            PRODUCTS[self.product], seed, columns=COLUMNS, rows=ROWS, plan=plan, camera_seed=self.camera_seed
        )


SAMPLES = (
    Sample(
        "graphite", 501, 502, 515,
        {
            "clean-1": (),
            "clean-2": (),
            "points": (Kind.PINHOLE, Kind.BLISTER, Kind.AGGLOMERATE, Kind.METALLIC_PARTICLE),
            "lines": (Kind.STREAK, Kind.SCRATCH, Kind.CRACK),
            "areas": (Kind.BARE_SPOT, Kind.DELAMINATION, Kind.STAIN),
            "rims": (Kind.EDGE_DEFECT, Kind.FOIL_CONTAMINATION, Kind.WRINKLE),
            "splice": (Kind.SPLICE,),
        },
    ),
    Sample(
        "lfp", 511, 512, 513,
        {"clean-1": (), "pinholes": (Kind.PINHOLE,) * 3, "streak": (Kind.STREAK,)},
    ),
    Sample("graphite_skip", 521, 522, 523, {"clean-1": (), "scratch": (Kind.SCRATCH,)}),
)  # fmt: skip


def main() -> None:
    """Draw every folder anew."""
    for sample in SAMPLES:
        folder = HERE / sample.product
        folder.mkdir(exist_ok=True)
        _write_calibration(sample, folder / "calibration.npz")
        _write_frames(sample, folder)


def _write_calibration(sample: Sample, path: Path) -> None:
    web = sample.web(sample.calibration_seed, clean())
    frames = [web.frame(index).frame for index in range(CALIBRATION_FRAMES)]
    mm_per_px = PRODUCTS[sample.product].mm_per_px
    path.unlink(missing_ok=True)
    calibrate(frames, Placement(mm_per_px, mm_per_px), camera="sample").save(path)


def _write_frames(sample: Sample, folder: Path) -> None:
    web = sample.web(sample.web_seed, _showing(tuple(sample.frames.values())))
    told = {}
    for index, name in enumerate(sample.frames):
        drawn = web.frame(index)
        _write_picture(drawn, folder / f"{name}.png")
        told[f"{name}.png"] = _truth(drawn.truth)
    (folder / "truth.json").write_text(json.dumps(told, indent=1) + "\n")


def _showing(frames: Sequence[Sequence[Kind]]) -> Plan:
    """Order the kinds of each frame in turn, none cut by a seam."""

    def orders(slot: Slot) -> Orders:
        wanted = frames[slot.index] if 0 <= slot.index < len(frames) else ()
        return tuple(order for kind in wanted for order in kinds(kind, 1).orders(slot))

    return Plan(orders)


def _write_picture(drawn: SyntheticFrame, path: Path) -> None:
    _, encoded = cv2.imencode(".png", drawn.frame.pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    path.write_bytes(encoded.tobytes())


def _truth(truth: Truth) -> dict[str, Any]:
    return {
        "defects": [_defect(defect) for defect in truth.defects],
        "events": [_defect(event) for event in truth.events],
        "lanes_px": truth.edges_px.mean(axis=2).round(2).tolist(),
        "coated_rows": [[round(float(row), 2) for row in patch] for patch in truth.patches],
    }


def _defect(defect: TrueDefect) -> dict[str, Any]:
    box = defect.box
    return {
        "kind": defect.kind.value,
        "lane": defect.lane,
        "box_px": {"x": box.left, "y": box.top, "width": box.width, "height": box.height},
        "length_mm": round(defect.length_mm, 3),
        "width_mm": round(defect.width_mm, 3),
        "contrast_sigma": round(defect.contrast_sigma, 1),
        "peak_sigma": round(defect.peak_sigma, 1),
    }


if __name__ == "__main__":
    main()
