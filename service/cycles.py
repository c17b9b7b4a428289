"""Python's search for cycles of objects, told to come less often where millions of records are made and kept.

It looks at all that was made since the last time, and now and then at everything there is: a quarter of the time of
judging a bad roll, among records of which few are in a cycle. The memory of those is freed all the same, only later.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 200_000


@contextmanager
def seldom_searched() -> Iterator[None]:
    """Search only whenever so many more objects are there."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
