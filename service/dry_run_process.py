"""One dry run in a process of its own: `python -m service.dry_run_process DATA ROLL`, started by `service.dry_runs`.

The recipe comes on stdin, the answer goes to stdout as JSON, what went wrong to stderr with exit code 2.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from inspection.errors import CoatsightError
from inspection.recipe import parse_recipe
from service.cycles import seldom_searched
from service.rollbook.dry_run import dry_run
from service.settings import Settings
from service.store.beside import reading

_NICE = 10
_WRONG = 2


def main(data: Path, roll_id: str) -> int:
    """Judge a roll by the recipe that stands on stdin."""
    os.nice(_NICE)
    try:
        recipe = parse_recipe(sys.stdin.buffer.read().decode())
        with reading(data) as connection, seldom_searched():
            told = dry_run(connection, roll_id, recipe, Settings(data_dir=data))
    except CoatsightError as problem:
        print(problem, file=sys.stderr)
        return _WRONG
    print(json.dumps(asdict(told), allow_nan=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
