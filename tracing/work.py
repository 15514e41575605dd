"""A piece of work that belongs to a trace: its logs carry the trace id, its messages the header."""

from asyncio import CancelledError
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from structlog.contextvars import bound_contextvars

from contracts.trace_context import HEADER_TRACEPARENT, TraceContext
from tracing.exporting import exporter
from tracing.spans import Attributes, Kind, Span

# Whose work it is: job_id, and page_index where it is about a page.
About = Mapping[str, str | int]


class Work:
    """What is being done. `trace`: what it passes on to those whom it asks for something."""

    def __init__(self, trace: TraceContext, span: Span | None = None) -> None:
        self.trace = trace
        self._span = span

    def rename(self, name: str) -> None:
        """For a name that is known only at the end."""
        if self._span is not None:
            self._span.rename(name)

    def note(self, attributes: Attributes) -> None:
        """Adds facts to the span, if there is one."""
        if self._span is not None:
            self._span.note(attributes)

    def fail(self, reason: str) -> None:
        """Marks the span as failed, if there is one."""
        if self._span is not None:
            self._span.fail(reason)


# Of the task that runs: tasks inherit it from the one that made them, and change only their own.
_current: Final[ContextVar[Work | None]] = ContextVar("work", default=None)


@contextmanager
def work(
    name: str,
    *,
    parent: TraceContext | None,
    kind: Kind = "internal",
    trace_id: str | None = None,
    is_told: bool = True,
    about: About | None = None,
) -> Iterator[Work]:
    """The body is one piece of work, asked for by `parent`: a span, where spans are told.

    Without a parent it begins a trace: the one of `trace_id`, or a new one. `is_told`: False for
    what is no span all the same. `about` (job_id, page_index) stands in every log line of the body,
    beside the trace id.
    """
    span = None
    trace = parent or TraceContext.new(trace_id=trace_id)
    if is_told and (tells := exporter()) is not None:
        attributes = {f"docr.{key}": value for key, value in (about or {}).items()}
        span = tells.begin(
            name, kind=kind, parent=parent, trace_id=trace.trace_id, attributes=attributes
        )
        trace = span.context
    try:
        with _doing(Work(trace, span), about) as doing:
            yield doing
    except CancelledError:
        if span is not None:
            span.note({"docr.cancelled": True})
        raise
    except Exception as wrong:
        if span is not None:
            span.fail(f"{type(wrong).__name__}: {wrong}")
        raise
    finally:
        if span is not None:
            span.end()


@contextmanager
def on_behalf_of(trace: TraceContext | None, about: About | None = None) -> Iterator[None]:
    """The body belongs to a trace, without being a span of its own."""
    with _doing(Work(trace) if trace is not None else None, about):
        yield


@contextmanager
def _doing[W: Work | None](doing: W, about: About | None) -> Iterator[W]:
    known = dict(about or {})
    if doing is not None:
        known["trace_id"] = doing.trace.trace_id
    token = _current.set(doing)
    try:
        with bound_contextvars(**known):
            yield doing
    finally:
        _current.reset(token)


def current_trace() -> TraceContext | None:
    """The trace of what is being done, None if it belongs to none."""
    doing = _current.get()
    return doing.trace if doing is not None else None


def trace_headers() -> dict[str, str]:
    """The header by which a message carries the trace on; none without a trace."""
    trace = current_trace()
    return {HEADER_TRACEPARENT: trace.header()} if trace is not None else {}


def note(**facts: str | int | float | bool) -> None:
    """Adds facts to the span of what is being done, if there is one."""
    if (doing := _current.get()) is not None:
        doing.note({f"docr.{key}": value for key, value in facts.items()})


def failed(reason: str) -> None:
    """Marks the span of what is being done as failed, if there is one."""
    if (doing := _current.get()) is not None:
        doing.fail(reason)
