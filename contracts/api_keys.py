"""API keys as an operator writes them: `name:key`, with commas. Compared in constant time."""

import hashlib
import hmac
from typing import Final, Self

from contracts.errors import InvalidOption
from contracts.ids import checked_token

# Whose key sees the jobs of all tenants.
ADMIN: Final = "admin"
_LEAST_CHARS: Final = 16


class ApiKeys:
    """Digests of keys, by name. `are_asked_for`: False lets everybody in. `are_settled`: somebody
    has decided who may come in, if only that everybody may."""

    def __init__(self, digests: dict[str, bytes], *, off: bool = False) -> None:
        self._digests = digests
        self.are_settled = off or bool(digests)
        self.are_asked_for = bool(digests)

    @classmethod
    def parse(cls, text: str, *, off: bool = False) -> Self:
        """Reads `name:key,name:key`. `off`: nobody needs one, whatever stands there.

        Raises: InvalidOption, without the key in its sentence.
        """
        if off:
            return cls({}, off=True)
        digests: dict[str, bytes] = {}
        for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), start=1):
            name, _, key = (part.strip() for part in entry.partition(":"))
            if len(key) < _LEAST_CHARS or not key.isascii() or not key.isprintable():
                raise InvalidOption(
                    f"entry {number} of OCR_API_KEYS is not name:key with a key of {_LEAST_CHARS} "
                    "characters or more; make one with 'openssl rand -hex 24'"
                )
            try:
                checked_token(name, what="name")
            except InvalidOption:
                # Not repeated: it may be a key without a name.
                raise InvalidOption(
                    f"entry {number} of OCR_API_KEYS has no name of 1 to 64 letters, digits, "
                    "hyphens and underscores before its colon"
                ) from None
            if name in digests:
                raise InvalidOption(f"OCR_API_KEYS names {name} twice; give each key its own name")
            digest = _digest(key)
            if digest in digests.values():
                raise InvalidOption(
                    f"entry {number} of OCR_API_KEYS has the key of another name; give each its own"
                )
            digests[name] = digest
        return cls(digests)

    def name_of(self, key: str | None) -> str | None:
        """Whose key it is; None if it is nobody's. Takes as long for each key."""
        given = _digest(key or "")
        found = None
        for name, digest in self._digests.items():
            if hmac.compare_digest(digest, given):
                found = name
        return found

    def secret_for(self, name: str, purpose: bytes) -> bytes | None:
        """32 bytes that follow from the key of this name, the same at every gateway that knows it,
        and from which nobody can tell the key; None for a name that is nobody's. Another purpose
        has other bytes."""
        digest = self._digests.get(name)
        return hmac.digest(digest, purpose, "sha256") if digest is not None else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
