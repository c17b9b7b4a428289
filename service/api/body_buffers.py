"""Memory for bodies, used again: a fresh 4 MiB costs a thousand page faults."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

_KEPT_BYTES = 256 << 20


class BodyBuffers:
    """Lends buffers by size; belongs to the event loop.

    One that is not given back is simply freed when nobody uses it any more.
    """

    def __init__(self) -> None:
        self._free: defaultdict[int, list[NDArray[np.uint8]]] = defaultdict(list)
        self._free_bytes = 0

    def take(self, size: int) -> NDArray[np.uint8]:
        """Return a buffer of `size` bytes with anything in it."""
        if not self._free.get(size):
            return np.empty(size, np.uint8)
        self._free_bytes -= size
        return self._free[size].pop()

    def give_back(self, buffer: NDArray[np.uint8]) -> None:
        """Take a buffer back that nobody reads any more."""
        if self._free_bytes + buffer.size > _KEPT_BYTES:
            self._free.clear()
            self._free_bytes = 0
        self._free[buffer.size].append(buffer)
        self._free_bytes += buffer.size
