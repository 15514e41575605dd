"""Trace context as strangers write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.trace_context import TraceContext, settled_trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{SPAN}-01"

HEX = st.text("0123456789abcdef")


@pytest.mark.parametrize(
    ("value", "is_sampled"),
    [
        (VALID, True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f" {VALID}\t", True),
        (f"00-{TRACE}-{SPAN}-ff", True),
        # A version to come may say more, behind a hyphen.
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-holds", True),
    ],
)
def test_a_valid_context_is_read(value: str, is_sampled: bool) -> None:
    found = TraceContext.parse(value)
    assert found is not None
    assert (found.trace_id, found.span_id, found.is_sampled) == (TRACE, SPAN, is_sampled)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "00",
        VALID[:-1],
        VALID + "0",
        VALID + "-more",
        VALID + "\n",
        VALID.upper(),
        VALID.replace("-", "_"),
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}\N{FULLWIDTH DIGIT ONE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01.more",
        f"cc-{TRACE}-{SPAN}-01-" + "x" * 1000,
    ],
)
def test_a_context_that_is_not_valid_counts_as_none(value: str | None) -> None:
    assert TraceContext.parse(value) is None


@given(st.one_of(st.text(), st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}.*")))
def test_whatever_is_read_can_be_written_and_read_again(text: str) -> None:
    found = TraceContext.parse(text)
    if found is not None:
        assert found.header().startswith(f"00-{text.strip(' \t')[3:52]}")
        assert TraceContext.parse(found.header()) == found


@given(HEX.filter(lambda text: len(text) > 0), st.integers(0, 255))
def test_what_is_made_is_valid(text: str, flags: int) -> None:
    made = TraceContext.new(trace_id=settled_trace_id(text))
    assert TraceContext.parse(made.header()) == made
    assert settled_trace_id(text) == made.trace_id
    own = TraceContext(trace_id=made.trace_id, span_id=made.span_id, flags=flags)
    assert TraceContext.parse(own.header()) is not None
    assert TraceContext.new() != TraceContext.new()


def test_the_header_is_found_in_whatever_case_it_is_written() -> None:
    for name in ("traceparent", "Traceparent", "TRACEPARENT"):
        found = TraceContext.of_headers({"other": "x", name: VALID})
        assert found is not None
        assert found.trace_id == TRACE
    assert TraceContext.of_headers({}) is None
    assert TraceContext.of_headers({"traceparent": "nonsense"}) is None
