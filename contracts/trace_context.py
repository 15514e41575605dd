"""W3C trace context: which request a piece of work belongs to, and which step of it asked for it.

https://www.w3.org/TR/trace-context/: header `traceparent`, the same over HTTP and NATS. Strangers
write it: a value that is not valid counts as none, and is never an error.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

HEADER_TRACEPARENT: Final = "traceparent"
HEADER_TRACESTATE: Final = "tracestate"

_FORM: Final = re.compile(
    r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII | re.DOTALL
)
# Versions to come may be longer; a header line of a stranger is not read without end.
_MOST_CHARS: Final = 512
_SAMPLED: Final = 0x01
# What version 00 knows beside it: that the trace id is random.
_KNOWN_FLAGS: Final = 0x03


@dataclass(frozen=True, kw_only=True)
class TraceContext:
    """`trace_id`: 32 hex digits, the same for all that is done for one request. `span_id`: 16, the
    step that asked. Neither is all zeros."""

    trace_id: str
    span_id: str
    flags: int = _SAMPLED

    @property
    def is_sampled(self) -> bool:
        """Whether whoever began it wants it recorded."""
        return bool(self.flags & _SAMPLED)

    def header(self) -> str:
        """The value of `traceparent`."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags & _KNOWN_FLAGS:02x}"

    @classmethod
    def parse(cls, value: str | None) -> Self | None:
        """From the value of `traceparent`; None for one that is not valid."""
        if value is None or len(value) > _MOST_CHARS:
            return None
        found = _FORM.fullmatch(value.strip(" \t"))
        if found is None:
            return None
        version, trace_id, span_id, flags, more = found.groups()
        if version == "ff" or (version == "00" and more is not None):
            return None
        if not trace_id.strip("0") or not span_id.strip("0"):
            return None
        return cls(trace_id=trace_id, span_id=span_id, flags=int(flags, 16) & _KNOWN_FLAGS)

    @classmethod
    def of_headers(cls, headers: Mapping[str, str]) -> Self | None:
        """From the headers of a message, in whatever case the name is written."""
        for name, value in headers.items():
            if name.lower() == HEADER_TRACEPARENT:
                return cls.parse(value)
        return None

    @classmethod
    def new(cls, *, trace_id: str | None = None) -> Self:
        """The begin of a trace: of a new one, or of one whose id is settled."""
        return cls(trace_id=trace_id or secrets.token_hex(16), span_id=secrets.token_hex(8))


def settled_trace_id(text: str) -> str:
    """The trace id of what `text` names: for work that is begun again, and is still the same."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
