"""Whether spans are told to a collector: the OTEL_* variables say so, and where it is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import structlog

from tracing.spans import Exporter

log = structlog.get_logger(__name__)

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
# What is not told by then is not told: stopping does not wait for a collector that is away.
_CLOSE_WITHIN_S: Final = 2.0

_exporters: list[Exporter] = []


def exporter() -> Exporter | None:
    """Where spans go; None while nobody asked for them."""
    return _exporters[-1] if _exporters else None


@contextmanager
def exporting(service: str, environ: Mapping[str, str]) -> Iterator[None]:
    """Tells spans to the collector that the environment names, until the body ends.

    Without one nothing of OpenTelemetry is imported. Without its packages, or with settings that
    they refuse, a warning is all: traces are never a reason not to work.
    """
    made = _exporter(service, environ)
    if made is None:
        yield
        return
    _exporters.append(made)
    try:
        yield
    finally:
        _exporters.remove(made)
        made.close(within_s=_CLOSE_WITHIN_S)


def _exporter(service: str, environ: Mapping[str, str]) -> Exporter | None:
    endpoint = next((environ[name] for name in _ENDPOINTS if environ.get(name)), None)
    if endpoint is None or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none":
        return None
    try:
        from tracing.open_telemetry import OtlpExporter  # noqa: PLC0415
    except ImportError:
        log.warning(
            "traces are asked for, but the packages that send them are missing; "
            "run 'pip install distributed-ocr[otel]', or unset the endpoint",
            endpoint=endpoint,
        )
        return None
    try:
        return OtlpExporter(service_name=environ.get("OTEL_SERVICE_NAME") or f"docr-{service}")
    except Exception as wrong:
        log.warning(
            "traces are asked for, but cannot be sent; correct the OTEL_ variables, or unset them",
            endpoint=endpoint,
            reason=str(wrong),
        )
        return None
