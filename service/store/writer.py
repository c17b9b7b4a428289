"""The one writer: a thread that puts everything waiting into one transaction.

A commit costs an fsync whatever is in it, so frames that arrive together share one.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from service.errors import RollClosed, StationError, StoreFailed
from service.store.openings import CLOSED
from service.store.writes import write_trial

_LARGEST_GROUP = 32
_MOST_WAITING = 8192
"""Beyond the frames under way: a minute's refusals of some cameras, while the database is away."""

_OUTAGES = 3
"""A patient write is given up after these: it may be what brings the database down."""

_LOOK_AFTER_S = 1.0
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0

T = TypeVar("T")
Write: TypeAlias = Callable[[Connection], T]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Task:
    write: Write[Any]
    done: Future[Any]
    outages: int
    """So many it may wait to end."""

    def begin(self) -> bool:
        """Whether it is still wanted; from then on it cannot be cancelled."""
        return self.done.running() or self.done.set_running_or_notify_cancel()


class Writer:
    """Runs writes in the order in which they were submitted.

    When the database fails, what was under way fails with it and further writes are refused at once. The thread
    tries by itself, ever less often, until records can be written again.

    Parameters
    ----------
    engine : Engine
        Its transactions must be durable when they end.

    Attributes
    ----------
    when_idle : callable
        Called now and then while nothing waits to be written; may submit something.
    when_undone : callable
        Called whenever a transaction did not take place, or may not have, before anything else is written.
    """

    when_idle: Callable[[], object] = staticmethod(lambda: None)
    when_undone: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self, engine: Engine) -> None:
        self._connection, self._driver = engine.connect(), engine.dialect.loaded_dbapi
        self._failures = SQLAlchemyError, self._driver.Error
        # Queue would wake this thread through a lock of Python's own, for 0.1 ms of every frame.
        self._waiting: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._works, self._closing = True, threading.Event()
        self._pause_s = _FIRST_PAUSE_S
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether the database worked when it was last used and further writes will be taken."""
        return self._thread.is_alive() and self._works and not self._closing.is_set()

    @property
    def waiting(self) -> int:
        """Writes that wait for the thread."""
        return self._waiting.qsize()

    def submit(self, write: Write[T], *, patient: bool = False) -> Future[T]:
        """Queue a write; its future is done when it is durable.

        Parameters
        ----------
        write : callable
            Runs inside a transaction, and again in another when that one failed.
        patient : bool
            It may wait until the database works again.

        Raises
        ------
        StoreFailed
            The database does not work, too many are waiting, or the writer was closed. The future raises it too,
            when the write failed. Where the answer to a commit was lost, it may have been written all the same.
        """
        done: Future[T] = Future()
        if self._closing.is_set() or not (self._works or patient):
            raise _cannot()
        if self._waiting.qsize() >= _MOST_WAITING:
            raise StoreFailed("expected the store to take the record, it has too many waiting: try again")
        self._waiting.put(_Task(write, done, _OUTAGES if patient else 0))
        # The database may have failed between the question above and the thread's last look at what waits.
        if not (self._works or patient) and done.cancel():
            raise _cannot()
        return done

    def close(self) -> None:
        """Write what is waiting, then stop."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        going_on = True
        while going_on:
            going_on = self._write_next() if self._works else self._try_again()

    def _write_next(self) -> bool:
        """Write everything that waits, at least one; whether to go on."""
        try:
            tasks = [self._waiting.get(timeout=_LOOK_AFTER_S)]
        except queue.Empty:
            self._look()
            self.when_idle()
            return True
        while len(tasks) < _LARGEST_GROUP and not self._waiting.empty():
            tasks.append(self._waiting.get())
        self._write([task for task in tasks if task and task.begin()])
        return None not in tasks

    def _look(self) -> None:
        """Notice a connection that broke while nothing was to be written, before a frame has to fail by it."""
        try:
            pooled: Any = self._connection.connection
            self._connection.dialect.do_ping(pooled.dbapi_connection)
        except (*self._failures, StationError) as problem:
            self._clear_up()
            self._stop([], problem)

    def _write(self, tasks: list[_Task]) -> None:
        """Commit the tasks together; when one of them fails each alone, so that it spoils no other."""
        if not tasks:
            return
        try:
            with self._connection.begin():
                results = [task.write(self._connection) for task in tasks]
        except Exception as problem:  # whatever a write raises belongs to its future, not to this thread
            self._fail(tasks, problem)
        else:
            self._pause_s = _FIRST_PAUSE_S
            for task, result in zip(tasks, results, strict=True):
                task.done.set_result(result)

    def _fail(self, tasks: list[_Task], problem: Exception) -> None:
        self._clear_up()
        if self._is_of_the_database(problem):
            # Whether a lost commit took place is not known, so nothing is tried twice here: the camera sends again
            # what it was not answered, and finds the answer if there is one.
            self._stop(tasks, problem)
        elif len(tasks) == 1:
            tasks[0].done.set_exception(self._told(problem))
        else:
            self._write_singly(tasks)

    def _write_singly(self, tasks: list[_Task]) -> None:
        for task in tasks:
            if self._works:
                self._write([task])
            else:
                self._lay_aside([task])

    def _clear_up(self) -> None:
        """Leave no transaction open; a broken connection is made anew when it is next used."""
        self.when_undone()
        if self._connection.invalidated:
            return
        try:
            self._connection.connection.rollback()
        except self._failures as problem:
            self._connection.invalidate(problem)

    def _is_of_the_database(self, problem: Exception) -> bool:
        """Whether not a record but the database failed."""
        driver, original = self._driver, getattr(problem, "orig", problem)
        of_a_record = driver.IntegrityError, driver.DataError, driver.ProgrammingError, driver.InterfaceError
        return self._connection.invalidated or (
            isinstance(original, driver.Error) and not isinstance(original, of_a_record)
        )

    def _stop(self, tasks: list[_Task], problem: Exception) -> None:
        _log.error("records cannot be written: %s", problem)
        self._works = False
        self._lay_aside(tasks)
        self._lay_all_aside()

    def _lay_all_aside(self) -> None:
        waiting = [self._waiting.get() for _ in range(self._waiting.qsize())]
        self._lay_aside(task for task in waiting if task and task.begin())

    def _lay_aside(self, tasks: Iterable[_Task]) -> None:
        """Refuse what cannot wait until the database works again."""
        for task in tasks:
            if self._closing.is_set() or not task.outages or self._waiting.qsize() >= _MOST_WAITING:
                task.done.set_exception(_cannot())
            else:
                self._waiting.put(replace(task, outages=task.outages - 1))

    def _try_again(self) -> bool:
        """See after a pause whether records can be written again; whether to go on."""
        if self._closing.wait(self._pause_s):
            self._lay_all_aside()
            return False
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        try:
            with self._connection.begin():
                write_trial(self._connection)
        except Exception as problem:  # whatever it is, this thread must be there when it is over
            _log.info("records still cannot be written: %s", problem)
            self._clear_up()
        else:
            _log.warning("records are written again")
            self._works = True
        return True

    def _told(self, problem: Exception) -> Exception:
        if not isinstance(problem, self._failures):
            return problem
        if str(getattr(problem, "orig", problem)).partition("\n")[0] == CLOSED:
            return RollClosed("expected a frame of an open roll, its roll was closed: name the roll that is running")
        _log.error("a record could not be written: %s", problem)
        told = StoreFailed(f"expected the store to take the record, it failed ({type(problem).__name__}): try again")
        told.__cause__ = problem
        return told


def _cannot() -> StoreFailed:
    return StoreFailed("expected the store to take the record, it cannot just now: try again")
