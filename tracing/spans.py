"""What a collector is told: spans, by whoever can tell it."""

from collections.abc import Mapping
from typing import Literal, Protocol

from contracts.trace_context import TraceContext

Attributes = Mapping[str, str | int | float | bool]
# `server`: a request came in; `consumer`: a message was taken from a queue.
Kind = Literal["internal", "server", "consumer"]


class Span(Protocol):
    """A piece of work from its begin to its end."""

    context: TraceContext

    def rename(self, name: str) -> None: ...

    def note(self, attributes: Attributes) -> None: ...

    def fail(self, reason: str) -> None: ...

    def end(self) -> None: ...


class Exporter(Protocol):
    """Tells a collector, in a thread of its own: no method waits for the network."""

    def begin(
        self,
        name: str,
        *,
        kind: Kind,
        parent: TraceContext | None,
        trace_id: str | None,
        attributes: Attributes,
    ) -> Span: ...

    def close(self, *, within_s: float) -> None: ...
