"""A station whose clock can be set: it goes wrong by as many seconds as a file in its folder says."""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from service.app import create_app
from service.server import server_for
from service.settings import Settings

OFFSET_FILE: Final = "clock-offset-s"


def main() -> None:
    """Run it; takes what `coatsight serve` takes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--data", type=Path)
    told = parser.parse_args()
    offset = told.data / OFFSET_FILE

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(offset.read_text()))

    server_for(create_app(Settings(data_dir=told.data), clock=clock), told.host, told.port).run()


if __name__ == "__main__":
    main()
