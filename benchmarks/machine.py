"""What a figure was measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("numpy", "opencv-python-headless", "numba", "onnxruntime")


def describe_machine() -> dict[str, str]:
    """Processor, cores, system and the versions that matter."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def _processor() -> str:
    told = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in told if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
