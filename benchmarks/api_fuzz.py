"""Every route of a running station, asked as its OpenAPI document allows and as it does not.

Schemathesis makes the requests and compares each answer with the document. Routes that stream for ever are left
out; nothing else is, so that a new route is asked from the day it is declared.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from benchmarks.answers import Row
from service.station_process import StationProcess

_CONFIG = """
[checks]
# Of a parameter that is given twice the last one counts; Schemathesis expects a refusal.
negative_data_rejection.enabled = false
# Who asks a station without keys and users may have any key, or none.
ignored_auth.enabled = false

[[operations]]
include-operation-id = "post_frame_v1_cameras__camera_id__frames_post"
# A schema cannot say that a body of random bytes is no frame.
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = "activate_recipe_v1_recipes_post"
# Nor that a random text is no recipe.
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = "dry_run_v1_rolls__roll_id__dry_run_post"
checks.positive_data_acceptance.enabled = false
"""


def api_fuzz(url: str | None, examples: int, seconds: int | None = None) -> list[Row]:
    """Ask every route of the station at an address, else of one of our own.

    Parameters
    ----------
    url : str, optional
    examples : int
        Requests of each kind and route.
    seconds : int, optional
        Go on until then instead.
    """
    if url:
        return asked(url, examples, seconds)
    with tempfile.TemporaryDirectory() as folder, StationProcess(Path(folder)) as station:
        return asked(station.url, examples, seconds)


def asked(url: str, examples: int, seconds: int | None, known: Mapping[str, str] | None = None) -> list[Row]:
    """Have Schemathesis ask every route of a running station; what it finds is told on stderr.

    Parameters
    ----------
    url : str
    examples : int
    seconds : int or None
    known : mapping, optional
        Parameters that are always given so, for instance the id of a frame that there is.
    """
    document = httpx.get(f"{url}/openapi.json").raise_for_status().json()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "schemathesis.toml").write_text(_config(known or {}))
        limit = ["--max-time", str(seconds)] if seconds else ["--max-examples", str(examples)]
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "--no-color"]
        command += ["run", f"{url}/openapi.json", "--phases", "coverage,fuzzing", "--request-timeout", "30", *limit]
        command += [option for path in streaming(document) for option in ("--exclude-path", path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
    cases = re.search(r"(\d+) generated", done.stdout)
    return [
        Row("operations in the OpenAPI document asked", str(len(operations(document)))),
        Row("requests made", cases[1] if cases else "0", ">= 1", cases is not None),
        Row(
            "5xx, or an answer that the document does not allow",
            "some" if done.returncode else "0",
            "0",
            not done.returncode,
        ),
    ]


def _config(known: Mapping[str, str]) -> str:
    given = "".join(f'"path.{name}" = "{value}"\n' for name, value in known.items())
    return f"[parameters]\n{given}\n{_CONFIG}"


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    """List what can be asked: method and path, without what streams for ever."""
    left_out = streaming(document)
    return [(method, path) for path, item in document["paths"].items() if path not in left_out for method in item]


def streaming(document: dict[str, Any]) -> list[str]:
    """List the paths whose answer never ends."""
    return [path for path, item in document["paths"].items() if "text/event-stream" in json.dumps(item)]
