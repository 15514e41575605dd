"""Keeps a process off the network: what an engine needs is on this machine before it starts."""

import sys
from typing import Any, Final

# CPython tells its audit hooks of them before they happen (docs.python.org/3/library/audit_events).
_ASKING: Final = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"})


def forbid_network() -> None:
    """From now on, and for good, no Python code of this process reaches another machine, nor asks
    for its address: it gets a PermissionError. Sockets of this machine (AF_UNIX) stay."""
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    # The address of a Unix socket is a path.
    if event in _ASKING and not (
        event == "socket.connect" and isinstance(arguments[1], str | bytes)
    ):
        raise PermissionError(
            "an engine fetches nothing; models are fetched before it starts, unless OCR_OFFLINE "
            "is true (docs/languages.md)"
        )
