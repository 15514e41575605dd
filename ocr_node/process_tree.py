"""Measures this process and all that it started."""

import time

import psutil

from ocr_node.pace import Usage

_MB = 2**20


def measure() -> Usage:
    """What the process tree takes now. Reads /proc once: 2 ms where 100 processes run."""
    own = psutil.Process()
    cpu_s, resident_bytes = 0.0, 0
    for process in (own, *own.children(recursive=True)):
        try:
            with process.oneshot():
                times = process.cpu_times()
                resident_bytes += process.memory_info().rss
        except psutil.Error:
            continue  # it has just ended: its parent has its time
        # Children that were collected count on with their parent.
        cpu_s += times.user + times.system + times.children_user + times.children_system
    return Usage(
        at=time.monotonic(),
        cpu_s=cpu_s,
        memory_mb=round(resident_bytes / _MB, 1),
        memory_percent=round(100.0 * resident_bytes / psutil.virtual_memory().total, 1),
    )
