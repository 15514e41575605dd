"""What belongs to a trace says so, and nothing else does."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from prometheus_client import CollectorRegistry
from starlette.types import Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.testing import capture_logs

from contracts.trace_context import TraceContext, settled_trace_id
from ingest.gateway.metrics.counts import Counts
from ingest.gateway.observed import Observed
from tracing.exporting import exporter, exporting
from tracing.work import current_trace, failed, note, on_behalf_of, trace_headers, work

ENDPOINT: Final = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
GIVEN: Final = TraceContext.new()


async def test_tasks_at_the_same_time_do_not_see_each_others_work() -> None:
    everyone = asyncio.Barrier(20)

    async def one(number: int) -> None:
        trace = TraceContext.new()
        with work("read page", parent=trace, about={"job_id": f"job-{number}"}):
            await everyone.wait()
            assert current_trace() == trace
            assert get_contextvars() == {"job_id": f"job-{number}", "trace_id": trace.trace_id}
            with on_behalf_of(None, {"page_index": number}):
                await everyone.wait()
                assert trace_headers() == {}
                assert get_contextvars()["page_index"] == number
            assert trace_headers() == {"traceparent": trace.header()}
            await everyone.wait()
        assert (current_trace(), get_contextvars()) == (None, {})

    await asyncio.gather(*(one(number) for number in range(20)))
    assert (current_trace(), get_contextvars()) == (None, {})


def test_work_that_fails_leaves_nothing_behind_and_its_error_passes() -> None:
    def break_off() -> None:
        with work("end job", parent=GIVEN):
            note(pages=3)
            failed("for now")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        break_off()
    assert (current_trace(), get_contextvars()) == (None, {})
    note(pages=3)
    failed("nothing is being done")


def test_work_without_a_parent_begins_a_trace_perhaps_one_that_is_settled() -> None:
    settled = settled_trace_id("job-1 17")
    for _ in range(2):
        with work("take document", parent=None, trace_id=settled) as doing:
            assert doing.trace.trace_id == settled
    with work("take document", parent=None) as doing:
        assert doing.trace.trace_id != settled


async def test_a_request_begins_with_nothing_of_the_one_before_on_its_connection() -> None:
    seen: list[dict[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(get_contextvars())

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with bound_contextvars(job_id="of the one before"):
        await Observed(app, Counts(CollectorRegistry()))(scope, receive, send)
    assert [each.keys() for each in seen] == [{"trace_id"}]


def test_without_an_endpoint_nothing_of_open_telemetry_is_imported() -> None:
    script = """
import sys
import docr.services, docr.service_command
from tracing.exporting import exporting
from tracing.work import work
with exporting("node", {}), work("read page", parent=None):
    pass
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
# FastAPI itself has come to import the interface, which does nothing.
import ingest.gateway.server
senders = ("opentelemetry.sdk", "opentelemetry.exporter")
assert not [name for name in sys.modules if name.startswith(senders)]
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


@pytest.mark.parametrize(
    "environ",
    [{}, {**ENDPOINT, "OTEL_SDK_DISABLED": "true"}, {**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}],
)
def test_spans_are_told_only_where_they_are_asked_for(environ: dict[str, str]) -> None:
    with exporting("node", environ):
        assert exporter() is None


def test_missing_packages_are_said_once_and_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "tracing.open_telemetry", raising=False)
    with capture_logs() as logs, exporting("node", ENDPOINT):
        for _ in range(3):
            with work("read page", parent=GIVEN):
                assert trace_headers() == {"traceparent": GIVEN.header()}
    (said,) = logs
    assert said["log_level"] == "warning"
    assert "pip install distributed-ocr[otel]" in said["event"]


def test_settings_that_the_packages_refuse_are_said_and_stop_nothing(tmp_path: Path) -> None:
    script = """
import os
from tracing.exporting import exporter, exporting
with exporting("node", os.environ):
    assert exporter() is None
"""
    environ = {**ENDPOINT, "OTEL_BSP_MAX_QUEUE_SIZE": "-1", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environ, cwd=Path(__file__).parents[2], check=True, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert "correct the OTEL_ variables" in done.stdout
