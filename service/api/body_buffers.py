"""Memory for bodies, used again: a fresh 4 MiB costs a thousand page faults."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

_KEPT_PER_SIZE = 8
_KEPT_SIZES = 8


class BodyBuffers:
    """Lends buffers by size; belongs to the event loop.

    One that is not given back is simply freed when nobody uses it any more.
    """

    def __init__(self) -> None:
        self._free: defaultdict[int, list[NDArray[np.uint8]]] = defaultdict(list)

    def take(self, size: int) -> NDArray[np.uint8]:
        """Return a buffer of `size` bytes with anything in it."""
        free = self._free.get(size)
        return free.pop() if free else np.empty(size, np.uint8)

    def give_back(self, buffer: NDArray[np.uint8]) -> None:
        """Take a buffer back that nobody reads any more."""
        if buffer.size not in self._free and len(self._free) >= _KEPT_SIZES:
            self._free.pop(next(iter(self._free)))
        free = self._free[buffer.size]
        if len(free) < _KEPT_PER_SIZE:
            free.append(buffer)
