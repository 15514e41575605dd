"""Spans by OpenTelemetry, to a collector over HTTP. Imported only where one is asked for."""

import logging
import threading
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from contracts.trace_context import TraceContext
from tracing.spans import Attributes, Kind

log = structlog.get_logger(__name__)

_KINDS: Final[dict[Kind, trace.SpanKind]] = {
    "internal": trace.SpanKind.INTERNAL,
    "server": trace.SpanKind.SERVER,
    "consumer": trace.SpanKind.CONSUMER,
}


class OtlpExporter:
    """Where to, how often and how much of it: as the OTEL_* variables say. What a collector that is
    away does not take is dropped once 2048 spans wait."""

    def __init__(self, *, service_name: str) -> None:
        # It tells of every try, with tracebacks; `_Quiet` says once what there is to say.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._ids = _Ids()
        self._sender = _Quiet(OTLPSpanExporter())
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": service_name}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._sender))
        self._tracer = self._provider.get_tracer("distributed-ocr")

    def begin(
        self,
        name: str,
        *,
        kind: Kind,
        parent: TraceContext | None,
        trace_id: str | None,
        attributes: Attributes,
    ) -> "OtlpSpan":
        context = Context()
        if parent is not None:
            remote = trace.SpanContext(
                int(parent.trace_id, 16),
                int(parent.span_id, 16),
                is_remote=True,
                trace_flags=trace.TraceFlags(parent.flags),
            )
            context = trace.set_span_in_context(trace.NonRecordingSpan(remote), context)
        with_id = self._ids.next.set(int(trace_id, 16) if trace_id is not None else None)
        try:
            span = self._tracer.start_span(
                name, context=context, kind=_KINDS[kind], attributes=dict(attributes)
            )
        finally:
            self._ids.next.reset(with_id)
        return OtlpSpan(span)

    def close(self, *, within_s: float) -> None:
        """Sends what waits, for `within_s` at the most."""
        # The processor would wait for 30 s.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(within_s)
        if closing.is_alive():
            self._sender.shutdown()


class OtlpSpan:
    """A span that is told once it has ended."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        known = span.get_span_context()
        self.context = TraceContext(
            trace_id=f"{known.trace_id:032x}",
            span_id=f"{known.span_id:016x}",
            flags=int(known.trace_flags),
        )

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def fail(self, reason: str) -> None:
        self._span.set_status(trace.StatusCode.ERROR, reason[:500])

    def end(self) -> None:
        self._span.end()


class _Ids(RandomIdGenerator):
    """Random ids, but for traces whose id is settled before their first span."""

    def __init__(self) -> None:
        self.next: ContextVar[int | None] = ContextVar("next_trace_id", default=None)

    def generate_trace_id(self) -> int:
        return self.next.get() or super().generate_trace_id()


class _Quiet(SpanExporter):
    """Says once that a collector does not take what it is sent, and once that it does again."""

    def __init__(self, sender: SpanExporter) -> None:
        self._sender = sender
        self._is_away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._sender.export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            log.warning(
                "the collector does not take traces; they are dropped until it does: see that "
                "it runs, and that OTEL_EXPORTER_OTLP_ENDPOINT is right"
            )
        elif self._is_away and not is_away:
            log.info("the collector takes traces again")
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        self._sender.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._sender.force_flush(timeout_millis)
