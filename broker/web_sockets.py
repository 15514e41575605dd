"""aiohttp, which nats-py imports at every start and uses for addresses ws:// and wss:// only.

It takes a sixth of the start of every process, and 9 MB of its memory: here it is imported once
such an address is named.
"""

import importlib
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, Final

_OF_THEM: Final = ("aiohttp", "multidict")
_USER: Final = "nats.aio.transport"


def leave_out() -> None:
    """Imports nats-py as if aiohttp were not installed, unless one of them is there already. Does
    nothing where nats-py is not installed: deploy.sh makes the keys of users there."""
    if "aiohttp" in sys.modules or _USER in sys.modules or find_spec("nats") is None:
        return
    modules: dict[str, Any] = sys.modules
    modules["aiohttp"] = None  # what makes its import fail
    try:
        importlib.import_module(_USER)
    finally:
        del modules["aiohttp"]


def bring_in(servers: Iterable[str]) -> None:
    """Gives nats-py what it needs for these addresses. Raises: ImportError without aiohttp."""
    if any(server.startswith(("ws://", "wss://")) for server in servers):
        for name in _OF_THEM:
            setattr(importlib.import_module(_USER), name, importlib.import_module(name))
