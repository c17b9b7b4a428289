"""glibc's allocator, told to keep the memory of frames instead of giving it back page by page.

A frame's buffers are larger than glibc's mmap threshold, so each would be mapped, zeroed by the
kernel and unmapped anew for every frame. Elsewhere than on glibc nothing is changed.
"""

import ctypes
import platform
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_KEEP_BYTES: Final = 1 << 30


def keep_freed_memory() -> bool:
    """Keep blocks up to 1 GiB in the process; return whether the allocator took it."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(option, _KEEP_BYTES) == 1 for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD))
