"""Memory of the size of a page image, which processes that move pages take all the time."""

import contextlib
import ctypes
from typing import Final

_M_TRIM_THRESHOLD: Final = -1  # <malloc.h>
_M_MMAP_THRESHOLD: Final = -3
# Above the largest message; glibc takes up to 32 MB.
_FROM_THE_HEAP_BYTES: Final = 16 * 2**20
# What stays at hand at the end of the heap; several pages on their way.
_KEPT_BYTES: Final = 8 * 2**20


def keep_page_sized_blocks() -> None:
    """Freed blocks stay with the process instead of going back to the system each time, from where
    they would come page by page, cleared. Does nothing where there is no glibc."""
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _FROM_THE_HEAP_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
