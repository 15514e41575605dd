"""Who may use a node's door that others can reach."""

import hmac
from collections.abc import Mapping

from contracts.errors import InvalidOption


def parse_keys(text: str) -> tuple[bytes, ...]:
    """The keys of `name:key,name:key` (setting OCR_API_KEYS). Raises: InvalidOption, which does not
    repeat them."""
    keys = []
    for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
        name, colon, key = (part.strip() for part in entry.partition(":"))
        if not (name and colon and key):
            raise InvalidOption(
                f"entry {number} of OCR_API_KEYS cannot be read; write name:key,name:key"
            )
        keys.append(key.encode())
    return tuple(keys)


def holds_a_key(headers: Mapping[str, str], keys: tuple[bytes, ...]) -> bool:
    """Whether `Authorization: Bearer KEY` or `X-API-Key: KEY` has one of the keys."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = bearer.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
    # Header values come as Latin-1, whatever bytes they were.
    told = given.encode("latin-1", "replace")
    # All of them, each in constant time: how long it takes tells nothing.
    found = [hmac.compare_digest(told, key) for key in keys]
    return True in found
