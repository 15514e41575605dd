"""What a bucket notes about an object: the message that makes it one, written by any client."""

import json
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import MessageUndecodable
from contracts.ids import is_token

_MARK = "Distributed-Ocr"


def internal_headers(attached: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The headers of what a part of the system stores: it is no document that somebody hands in by
    the bucket."""
    return {_MARK: ["internal"], **{name: [value] for name, value in (attached or {}).items()}}


class ObjectMeta(BaseModel):
    """An object. `headers` and `metadata`: whatever its client attached, of any form."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    nuid: str
    size: int = Field(default=0, ge=0)  # bytes
    digest: str = ""  # SHA-256= and base64, in the alphabet for URLs
    deleted: bool = False
    headers: Any = None
    metadata: Any = None
    options: Any = None

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Raises: MessageUndecodable for what no client of object buckets writes."""
        try:
            meta = cls.model_validate(json.loads(payload))
        except (ValueError, RecursionError) as wrong:
            kind = "its fields" if isinstance(wrong, ValidationError) else "no JSON"
            raise MessageUndecodable(
                f"the entry of an object cannot be read ({kind}); put it with an object-store "
                "client, as 'nats object put' is"
            ) from wrong
        # Its chunks are found by it, so it is a part of a subject.
        if not is_token(meta.nuid) and not meta.deleted:
            raise MessageUndecodable(
                f"the entry of an object has a nuid of no use ({meta.nuid[:80]!r}); put it with an "
                "object-store client, as 'nats object put' is"
            )
        return meta

    @property
    def is_internal(self) -> bool:
        """Whether a part of the system stored it."""
        return isinstance(self.headers, dict) and _MARK in self.headers

    @property
    def is_link(self) -> bool:
        """Whether it has no bytes of its own, but stands for another object."""
        return isinstance(self.options, dict) and bool(self.options.get("link"))

    def attached(self) -> dict[str, str]:
        """Headers and metadata as text by name, headers first; several values with commas."""
        found: dict[str, str] = {}
        for each in (self.metadata, self.headers):
            if isinstance(each, dict):
                found |= {name: _as_text(value) for name, value in each.items()}
        return found


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(_as_text(each) for each in value)
    return value if isinstance(value, str) else json.dumps(value)
