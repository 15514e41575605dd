"""Job ids and other names that become part of a subject."""

import re
import secrets
import time
from typing import Final

from contracts.errors import InvalidOption

# A subject token: no dots, blanks or wildcards, and short enough for a file name as well.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

# The broker keeps notes about deleted jobs under it.
RESERVED: Final = "tombstones"


def new_job_id() -> str:
    """A fresh id: 48 bits of milliseconds, then 80 random bits, so that ids sort by their birth."""
    millis = time.time_ns() // 1_000_000
    return f"{millis:012x}{secrets.token_hex(10)}"


def is_token(text: str) -> bool:
    """Whether text can stand in a subject as one token."""
    return _TOKEN.fullmatch(text) is not None and text != RESERVED


def checked_token(text: str, *, what: str) -> str:
    """Returns text if it can stand in a subject. Raises: InvalidOption."""
    if not is_token(text):
        raise InvalidOption(
            f"{what} {text[:80]!r} cannot be used; "
            "take 1 to 64 letters, digits, hyphens and underscores"
        )
    return text
