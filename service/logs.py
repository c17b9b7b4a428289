"""Logs: one JSON object a line for machines, plain lines for people at a terminal.

Everything goes through the standard library's `logging`, so that libraries are heard in the same form. What a
line is about stands in `extra`: camera, roll, sequence, frame_id. Never logged: bodies, keys, ordinary frames.
"""

import logging
import sys
from typing import Final, TextIO

import structlog

_LOUD_LIBRARIES: Final = logging.WARNING
"""Others are only heard when something is wrong."""

_OWN: Final = ("service", "inspection", "models")


def log_to(stream: TextIO, level: str) -> None:
    """Send all logging to a stream: readable on a terminal, else as JSON lines.

    Parameters
    ----------
    stream : file object
    level : str
        Least grave of our own lines that are told; libraries' from warnings on.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(for_people=stream.isatty()))
    root, least = logging.getLogger(), logging.getLevelNamesMapping()[level.upper()]
    root.handlers = [handler]
    root.setLevel(max(least, _LOUD_LIBRARIES))
    for name in _OWN:
        logging.getLogger(name).setLevel(least)


def log_to_stderr(level: str) -> None:
    """Send all logging where service managers look for it."""
    log_to(sys.stderr, level)


def _formatter(*, for_people: bool) -> logging.Formatter:
    common: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper("iso", utc=True),
    ]
    told: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if for_people
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=common, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *told]
    )
