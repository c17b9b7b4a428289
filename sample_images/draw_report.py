"""Draw the sample report: `python sample_images/draw_report.py [FOLDER]`; needs a `chromium` to print with.

In:  nothing: a synthetic web, whose camera is lost for a moment, runs before a station of its own.
Out: report.png, how it begins; whole as report.html and report.pdf in FOLDER, where one is named.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from inspection.defect import Kind
from inspection.synthetic.order import LONGEST_PATCH_PX, Order, Orders, Plan, Slot
from inspection.synthetic.plan import mixed, roll_mark, roll_marks
from inspection.synthetic.probes import straight_streak
from service.commands.simulate import Calibrating, WebChoice, calibrate_on_drawn
from service.simulator import client_for
from service.station_process import StationProcess

HERE = Path(__file__).parent
WEB = WebChoice("lfp", columns=2048, rows=1024, mm_per_px=0.1, seed=611)
FRAMES = 1200
"""123 m of web: enough for control charts."""

_PICTURE_PX = "900,2050"
"""As far as the kinds of defects."""

LOST = range(905, 911)
STREAK, MARKED, CROWDED = range(420, 447), range(150, 330), range(1020, 1035)
ROLLER_MM = 942.5
ROLL = {
    "roll_id": "LFP-2031-0417",
    "product": "LFP cathode 3 x 57 mm",
    "recipe": "lfp-57",
    "order_number": "4711/3",
    "supplier_lots": ["foil A-2207", "slurry 88-14"],
    "fields": {"line": "coater 2", "shift lead": "M. Okafor"},
}
RECIPE = """
name = "lfp-57"
version = 4
[verdict.kinds.streak]
severity = "major"
limits = [{ measure = "length_mm", above = 500.0, severity = "critical" }]
[[repeats.rollers]]
name = "R7 deflection roller"
circumference_mm = 942.5
[[repeats.rollers]]
name = "backing roller"
circumference_mm = 1256.6
[lanes.width]
mm = 0.1
[lanes.position]
mm = 1.5
[lanes.gap]
mm = 0.1
"""


def main(folder: Path) -> None:
    """Run the web, print the report, draw how it begins."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        data = Path(stack.enter_context(TemporaryDirectory(prefix="coatsight-report-")))
        (data / "recipes").mkdir()
        (data / "recipes" / "lfp-57.toml").write_text(RECIPE + _lane_plan())
        calibrate_on_drawn(WEB, "cam-1", Calibrating(24, data))
        station = stack.enter_context(StationProcess(data))
        client = stack.enter_context(client_for(station.url, None))
        (folder / "report.html").write_text(_report_of_the_web(client), encoding="utf-8")
    _print(folder)


def _report_of_the_web(client: httpx.Client) -> str:
    client.post("/v1/rolls", json=ROLL).raise_for_status()
    web, path = WEB.web(Plan(_orders, LONGEST_PATCH_PX), WEB.seed), f"/v1/rolls/{ROLL['roll_id']}"

    def send(index: int) -> None:
        query = {"roll": ROLL["roll_id"], "sequence": index, "width": WEB.columns, "height": WEB.rows}
        headers = {"Content-Type": "application/octet-stream"}
        body = web.frame(index).frame.pixels.tobytes()
        told = client.post(
            "/v1/cameras/cam-1/frames", params=query | {"pixel_format": "Mono8"}, content=body, headers=headers
        )
        told.raise_for_status()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, (index for index in range(FRAMES) if index not in LOST)))
    client.post(f"{path}/close").raise_for_status()
    return client.get(f"{path}/report.html").raise_for_status().text


def _orders(slot: Slot) -> Orders:
    """Some defects anywhere, a roller that marks the web until somebody cleans it, a streak, and a crowd."""
    others = mixed(0.6).orders(slot) if slot.index in CROWDED else roll_marks((), others_per_100_m=25).orders(slot)
    marks = [replace(each) for each in roll_mark(ROLLER_MM).orders(slot)] if slot.index in MARKED else []
    streaks = [_streak(slot)] if slot.index in STREAK else []
    return (*marks, *streaks, *others)


def _streak(slot: Slot) -> Order:
    """A part as long as the frame."""
    return Order(
        Kind.STREAK,
        lambda rng, _: straight_streak(rng, slot.rows, 12.0),
        reach_px=slot.rows,
        exact_sigma=3.0,
        exact_over="pixel",
        fixed=(0, 0.62),
        shape_seed=7,
    )


def _lane_plan() -> str:
    """Lanes to half a tenth of a millimetre, as a drawing tells them."""
    lanes = WEB.web(mixed(0), 1).scene
    return "".join(
        f"[[lanes.plan]]\nleft_mm = {left * WEB.mm_per_px:.2f}\nwidth_mm = {(right - left) * WEB.mm_per_px:.2f}\n"
        for left, right in lanes.course.lanes_px
    )


def _print(folder: Path) -> None:
    page = (folder / "report.html").as_uri()
    chromium = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-pdf-header-footer",
    ]
    subprocess.run([*chromium, f"--print-to-pdf={folder / 'report.pdf'}", page], check=True, capture_output=True)
    picture = [f"--screenshot={HERE / 'report.png'}", f"--window-size={_PICTURE_PX}"]
    subprocess.run([*chromium, *picture, page], check=True, capture_output=True)


if __name__ == "__main__":
    with TemporaryDirectory() as unnamed:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else unnamed))
