"""Questions that take long: they are asked one at a time, so that those of frames never wait for them.

The verdict of a bad roll is seconds of this process's time. Asked twenty times at once, it would take all of the
store's connections and all but a twentieth of the process from the cameras.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from service.errors import TooManyLongQuestions

MOST_UNDER_WAY: Final = 4
"""One is answered, the others wait; each holds one of the threads that answer short questions too."""


class LongQuestions:
    """Lets questions through one at a time; may be used from any thread."""

    def __init__(self) -> None:
        self._places, self._turn = threading.BoundedSemaphore(MOST_UNDER_WAY), threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn.

        Raises
        ------
        TooManyLongQuestions
            Too many wait already.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyLongQuestions(
                f"expected fewer than {MOST_UNDER_WAY} questions about whole rolls under way, there are so many: try "
                "again later, or ask coatsight roll, which reads beside the station"
            )
        try:
            with self._turn:
                yield
        finally:
            self._places.release()
