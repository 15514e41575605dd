"""Messages on the wire."""

import contextlib
import json
import re
import zlib

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from contracts.codec import SCHEMA_VERSION, decode, decode_as_told, encode
from contracts.errors import MessageUndecodable, SchemaVersionUnknown
from contracts.jobs import DocumentFailed
from contracts.pages import Line, PageFailed, PageSucceeded, PageTask, from_report
from tests.examples import page_failed, page_succeeded, page_task

# msgpack text is UTF-8: lone surrogates are not text.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
shares = st.floats(0, 1)
points = st.tuples(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
)
lines = st.builds(
    Line, text=text, confidence=shares, polygon=st.tuples(points, points, points, points)
)
messages = st.one_of(
    st.builds(
        page_task,
        image=st.binary(max_size=2000),
        image_object=st.none() | text,
        page_index=st.integers(0, 2**40),
        job_id=text,
        language=text,
    ),
    st.builds(
        page_succeeded,
        text=text,
        markdown=text,
        confidence=shares,
        lines=st.lists(lines, max_size=5).map(tuple),
        duration_ms=st.floats(0, 1e9),
    ),
    st.builds(
        PageFailed, job_id=text, page_index=st.integers(0), error=text, worker=st.none() | text
    ),
    st.builds(DocumentFailed, job_id=text, error=text),
).filter(lambda message: getattr(message, "page_index", 0) < 2**63)


@given(messages)
def test_a_message_comes_back_as_it_was(message: BaseModel) -> None:
    assert decode(encode(message), type(message)) == message


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_refused_in_words(payload: bytes) -> None:
    with pytest.raises(MessageUndecodable, match="; "):
        decode(payload, PageTask)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 10_000))
def test_a_damaged_message_is_refused_or_still_valid(damage: bytes, position: int) -> None:
    whole = encode(page_task())
    at = position % len(whole)
    with contextlib.suppress(MessageUndecodable):
        decode(whole[:at] + damage + whole[at + len(damage) :], PageTask)


@pytest.mark.parametrize("result", [page_succeeded(page_index=3), page_failed(page_index=4)])
def test_a_result_comes_back_from_what_users_see_of_it(result: PageSucceeded | PageFailed) -> None:
    report = json.loads(json.dumps(result.report()))
    assert from_report(result.job_id, report) == result
    assert json.loads(result.report_json()) == report
    assert b"\n" not in result.report_json()


def told(**changes: object) -> bytes:
    return json.dumps(
        json.loads(page_succeeded(page_index=3).model_dump_json()) | changes, separators=(",", ":")
    ).encode()


def test_a_page_is_reported_in_the_very_json_that_told_it() -> None:
    result, json_of_it = decode_as_told(encode(page_succeeded(page_index=3)), PageSucceeded)
    assert json_of_it is not None
    assert result.report_json(json_of_it) == result.report_json()
    # It is not written anew: a blank that only the node can have put there is still there.
    spaced = json_of_it.replace(b',"source":', b', "source":', 1)
    assert PageSucceeded.model_validate_json(spaced) == result
    assert b' "source"' in result.report_json(spaced)


@pytest.mark.parametrize(
    "json_of_it",
    [
        None,
        told().replace(b',"source"', b',\n"source"', 1),
        told().replace(b'{"job_id"', b'{ "job_id"', 1),
        b'{"page_index":3,' + told().replace(b'"page_index":3,', b"", 1)[1:],
        told().replace(b',"reused":false', b"", 1),
        told().replace(b',"document":null', b"", 1),
    ],
)
def test_json_that_this_release_would_not_write_is_written_anew(json_of_it: bytes | None) -> None:
    page = page_succeeded(page_index=3)
    result = page if json_of_it is None else PageSucceeded.model_validate_json(json_of_it)
    assert result.report_json(json_of_it) == page.report_json()


def sent(json_of_it: bytes) -> bytes:
    data = zlib.compress(json_of_it)
    return bytes(msgpack.packb({"schema": SCHEMA_VERSION, "kind": "PageSucceeded", "data": data}))


def test_json_with_other_types_is_understood_and_not_passed_on() -> None:
    page = page_succeeded(page_index=3)
    odd = told(width_px=str(page.width_px), reused="no")
    assert decode_as_told(sent(odd), PageSucceeded) == (page, None)
    assert decode_as_told(sent(told()), PageSucceeded) == (page, told())


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("name", ["angle_deg", "duration_ms", "confidence"])
def test_a_number_that_is_none_is_refused(name: str, number: str) -> None:
    odd = told(**{name: 7777}).replace(b"7777", number.encode())
    with pytest.raises(MessageUndecodable, match=f"the first is {name}"):
        decode(sent(odd), PageSucceeded)


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, SCHEMA_VERSION - 2, "2", None, [2]])
def test_an_unknown_schema_version_is_refused_with_all_versions(version: object) -> None:
    envelope = msgpack.unpackb(encode(page_task())) | {"schema": version}
    known = f"this release reads {SCHEMA_VERSION - 1} and {SCHEMA_VERSION}"
    with pytest.raises(SchemaVersionUnknown, match=re.escape(f"version {version!r}, {known}")):
        decode(msgpack.packb(envelope), PageTask)


def test_another_kind_of_message_is_refused() -> None:
    with pytest.raises(MessageUndecodable, match="'PageTask' stands where PageSucceeded or"):
        decode(encode(page_task()), PageSucceeded, PageFailed)


def test_a_missing_field_is_named() -> None:
    envelope = msgpack.unpackb(encode(page_task()))
    del envelope["data"]["dpi"]
    with pytest.raises(MessageUndecodable, match="the first is dpi"):
        decode(msgpack.packb(envelope), PageTask)
