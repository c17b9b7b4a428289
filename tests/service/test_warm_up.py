"""After the warm-up no frame waits for the compiler, however odd it is."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from fakes import draw, fake_classifier
from numba.core.dispatcher import Dispatcher

import inspection.kernels
from inspection.calibrating import calibrate
from inspection.calibration import Calibration
from inspection.frame import Frame
from inspection.geometry import Placement
from inspection.pipeline import Inspector
from inspection.recipe import default_recipe
from inspection.synthetic.plan import clean, exactly
from inspection.synthetic.product import PRODUCTS
from inspection.synthetic.web import SyntheticWeb
from service.settings import Settings
from service.warm_up import warm_up


def test_no_kernel_is_compiled_for_a_frame(tmp_path: Path) -> None:
    """In a process of its own: others tests have compiled everything."""
    frames = [web(clean(), 5).frame(n).frame for n in range(12)]
    calibrate(frames, Placement(), camera="cam-1", version=1).save(tmp_path / "1.npz")
    subprocess.run([sys.executable, __file__, str(tmp_path)], check=True, timeout=300)


def compiled() -> dict[str, int]:
    modules = [
        importlib.import_module(f"inspection.kernels.{m.name}")
        for m in pkgutil.iter_modules(inspection.kernels.__path__)
    ]
    kernels = {f"{m.__name__}.{n}": k for m in modules for n, k in vars(m).items() if isinstance(k, Dispatcher)}
    return {name: len(kernel.signatures) for name, kernel in kernels.items()}


def web(plan, seed):
    return SyntheticWeb(PRODUCTS["graphite"], seed, columns=1024, rows=512, plan=plan, camera_seed=1)


def main(folder: Path) -> None:
    classifier = fake_classifier("f" * 64)
    warm_up(Settings(data_dir=folder), classifier)
    warm = compiled()
    noise = np.random.default_rng(1).integers(0, 256, (256, 512), np.uint8)
    odd = [
        Frame(draw(1, holes=3)),
        Frame(noise),
        Frame(noise[:24, :40].copy()),
        Frame(noise[:64].astype(np.uint16), 12),
    ]
    busy = [web(exactly(20), 6).frame(n).frame for n in range(3)]
    for calibrated in (None, Calibration.load(folder / "1.npz")):
        inspector = Inspector(default_recipe(), classifier, placement=Placement(), calibration=calibrated)
        for frame in (*odd, *busy):
            inspector.inspect(frame)
    late = {name for name, count in compiled().items() if count != warm[name]}
    assert not late, f"compiled while frames came: {late}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
