"""The event loop of processes that move pages: libuv's, where there is one."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from guard.open_files import keep_from_children


def run_on_quick_loop[T](main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run. What a page costs beside its reading is less by 6 to 9 % on uvloop
    (docs/adr/0019-services-run-on-uvloop.md)."""
    try:
        from uvloop import new_event_loop  # noqa: PLC0415
    except ImportError:  # Windows has none
        return asyncio.run(main)
    keep_from_children()  # uvloop closes nothing in a child
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)
