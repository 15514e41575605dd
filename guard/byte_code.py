"""Compiled Python of what a locked-in child imports: it cannot keep its own, so its parent does.

Without, each child would compile all that it imports anew, a core-second at every start.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_PATIENCE_S: Final = 60.0
_asked_for: set[str] = set()  # by this process, so far


async def compile_modules(sources: Sequence[str]) -> None:
    """Compiles them in a process of its own, once, where this user may write beside them."""
    fresh = [
        source
        for source in sources
        if source not in _asked_for and os.access(Path(source).parent, os.W_OK)
    ]
    _asked_for.update(fresh)
    if not fresh:
        return
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "compileall", "-q", "-i", "-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await process.communicate("\n".join(fresh).encode())
    except TimeoutError:
        log.debug("compiling modules took too long", modules=len(fresh))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
