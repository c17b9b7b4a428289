"""The one writer: a thread that puts everything waiting into one transaction.

A commit costs an fsync whatever is in it, so frames that arrive together share one.
"""

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from service.errors import StoreFailed

_LARGEST_GROUP = 32
_MOST_WAITING = 1024

T = TypeVar("T")
Write: TypeAlias = Callable[[Connection], T]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Task:
    write: Write[Any]
    done: Future[Any]


class Writer:
    """Runs writes in the order in which they were submitted.

    Parameters
    ----------
    engine : Engine
        Its transactions must be durable when they end.
    """

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect()
        self._waiting: queue.Queue[_Task | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._last_failed = self._closed = False
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether the latest write worked and further ones will be taken."""
        return self._thread.is_alive() and not self._last_failed and not self._closed

    @property
    def waiting(self) -> int:
        """Writes that wait for the thread."""
        return self._waiting.qsize()

    def submit(self, write: Write[T]) -> Future[T]:
        """Queue a write; its future is done when it is durable.

        Raises
        ------
        StoreFailed
            Too many are waiting, or the writer was closed. The future raises it too, when the write failed.
        """
        done: Future[T] = Future()
        try:
            if self._closed:
                raise queue.Full
            self._waiting.put_nowait(_Task(write, done))
        except queue.Full:
            raise StoreFailed("expected the store to take the record, it has too many waiting: try again") from None
        return done

    def close(self) -> None:
        """Write what is waiting, then stop."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        going_on = True
        while going_on:
            tasks = self._group()
            going_on = None not in tasks
            self._write([task for task in tasks if task])

    def _group(self) -> list[_Task | None]:
        """Everything that waits, at least one, without what was cancelled meanwhile."""
        tasks = [self._waiting.get()]
        while len(tasks) < _LARGEST_GROUP and not self._waiting.empty():
            tasks.append(self._waiting.get())
        return [task for task in tasks if task is None or task.done.set_running_or_notify_cancel()]

    def _write(self, tasks: list[_Task]) -> None:
        """Commit the tasks together; when that fails each alone, so that one bad record spoils no other."""
        if not tasks:
            return
        try:
            with self._connection.begin():
                results = [task.write(self._connection) for task in tasks]
        except Exception as problem:  # whatever a write raises belongs to its future, not to this thread
            self._fail(tasks, problem)
        else:
            self._last_failed = False
            for task, result in zip(tasks, results, strict=True):
                task.done.set_result(result)

    def _fail(self, tasks: list[_Task], problem: Exception) -> None:
        if len(tasks) > 1:
            for task in tasks:
                self._write([task])
            return
        if isinstance(problem, SQLAlchemyError | sqlite3.Error):
            _log.error("a record could not be written: %s", problem)
            self._last_failed = isinstance(problem, OperationalError | sqlite3.OperationalError)
            told = StoreFailed(
                f"expected the store to take the record, it failed ({type(problem).__name__}): try again"
            )
            told.__cause__ = problem
            problem = told
        tasks[0].done.set_exception(problem)
