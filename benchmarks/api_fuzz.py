"""Every route of a running station, asked as its OpenAPI document allows and as it does not.

Schemathesis makes the requests and compares each answer with the document. Routes that stream for ever are left
out; nothing else is, so that a new route is asked from the day it is declared.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from benchmarks.answers import Row

_CONFIG = """
# Of a parameter that is given twice the last one counts; Schemathesis expects a refusal.
checks.negative_data_rejection.enabled = false

[[operations]]
include-operation-id = "post_frame_v1_cameras__camera_id__frames_post"
# A schema cannot say that a body of random bytes is no frame.
checks.positive_data_acceptance.enabled = false
"""


def api_fuzz(url: str, examples: int, seconds: int | None = None) -> tuple[list[Row], str]:
    """Ask every route of the station at an address.

    Parameters
    ----------
    url : str
    examples : int
        Requests of each kind and route.
    seconds : int, optional
        Stop then.

    Returns
    -------
    list of Row, str
        What came of it, and Schemathesis' own report.
    """
    document = httpx.get(f"{url}/openapi.json").raise_for_status().json()
    with tempfile.TemporaryDirectory() as folder:
        config, report = Path(folder) / "schemathesis.toml", Path(folder) / "report.ndjson"
        config.write_text(_CONFIG)
        limits = ["--max-examples", str(examples), *(["--max-time", str(seconds)] if seconds else [])]
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{url}/openapi.json"]
        command += ["--no-color", "--phases", "coverage,fuzzing", "--request-timeout", "30", *limits]
        command += [option for path in streaming(document) for option in ("--exclude-path", path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    asked = len(operations(document))
    failed = done.returncode != 0
    row = Row(
        f"{asked} operations: an answer that the document does not allow, or a 5xx",
        "see above" if failed else "0",
        "0",
        not failed,
    )
    return [row], done.stdout + done.stderr


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    """List what can be asked: method and path, without what streams for ever."""
    left_out = streaming(document)
    return [(method, path) for path, item in document["paths"].items() if path not in left_out for method in item]


def streaming(document: dict[str, Any]) -> list[str]:
    """List the paths whose answer never ends."""
    return [path for path, item in document["paths"].items() if "text/event-stream" in json.dumps(item)]
