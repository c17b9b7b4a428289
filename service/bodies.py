"""Memory for bodies, shared with the inspecting processes and used again.

A body is received into an anonymous file in memory that every process can map, so that no pixel is copied
between them; a fresh one costs a page fault for every 4 KiB, so bodies are kept for the next frame of their size.
"""

import mmap
import os
import weakref
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

_MOST_IDLE_BYTES = 256 << 20
_MOST_IDLE = 128
_SMALL_STEP, _LARGE_STEP = 1 << 16, 1 << 20


class Body:
    """Room for one body; freed when nobody holds it any more.

    Attributes
    ----------
    fd : int
        The file in memory, for other processes; open as long as this object lives.
    pixels : ndarray of shape (size,), uint8
    """

    def __init__(self, room: int) -> None:
        self.fd = os.memfd_create("body")
        weakref.finalize(self, os.close, self.fd)
        os.ftruncate(self.fd, room)
        self._all: NDArray[np.uint8] = np.frombuffer(mmap.mmap(self.fd, room), np.uint8)
        self.pixels = self._all

    @property
    def room(self) -> int:
        """Bytes that there is room for."""
        return self._all.size

    def of_size(self, size: int) -> "Body":
        """Use the first `size` bytes."""
        self.pixels = self._all[:size]
        return self


class Bodies:
    """Lends bodies; belongs to the event loop.

    One that is not given back is freed when nobody uses it any more.
    """

    def __init__(self) -> None:
        self._idle: defaultdict[int, list[Body]] = defaultdict(list)
        self._idle_bytes = self._idle_count = 0

    def take(self, size: int) -> Body:
        """Return a body of `size` bytes with anything in it."""
        room = _room_for(size)
        if not self._idle.get(room):
            return Body(room).of_size(size)
        self._idle_bytes -= room
        self._idle_count -= 1
        return self._idle[room].pop().of_size(size)

    def give_back(self, body: Body) -> None:
        """Take a body back that no process reads any more."""
        if self._idle_bytes + body.room > _MOST_IDLE_BYTES or self._idle_count >= _MOST_IDLE:
            self._idle.clear()
            self._idle_bytes = self._idle_count = 0
        self._idle[body.room].append(body)
        self._idle_bytes += body.room
        self._idle_count += 1


class MappedBodies:
    """Bodies of another process, mapped here; the latest stay mapped.

    A file in memory is told by its inode, which no other can have while it is mapped.
    """

    def __init__(self) -> None:
        self._mapped: dict[int, NDArray[np.uint8]] = {}

    def pixels(self, fd: int, size: int) -> NDArray[np.uint8]:
        """Return the first `size` bytes of a body and close its descriptor."""
        try:
            inode = os.fstat(fd).st_ino
            mapped = self._mapped.pop(inode, None)
            if mapped is None:
                mapped = np.frombuffer(mmap.mmap(fd, 0, prot=mmap.PROT_READ), np.uint8)
        finally:
            os.close(fd)
        self._mapped[inode] = mapped
        self._forget_oldest()
        return mapped[:size]

    def _forget_oldest(self) -> None:
        while len(self._mapped) > _MOST_IDLE or sum(map(len, self._mapped.values())) > 2 * _MOST_IDLE_BYTES:
            if len(self._mapped) == 1:
                return
            self._mapped.pop(next(iter(self._mapped)))


def _room_for(size: int) -> int:
    """Round up, so that files of almost the same size share their room."""
    step = _SMALL_STEP if size <= _LARGE_STEP else _LARGE_STEP
    return max(-(-size // step), 1) * step
