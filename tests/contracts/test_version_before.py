"""One version of messages beside the next."""

from pathlib import Path

import msgpack
import pytest
from pydantic import BaseModel

from contracts.codec import SCHEMA_VERSION, decode, encode
from contracts.dead_pages import DeadPageRecord
from contracts.jobs import DocumentFailed, JobManifest, JobSummary
from contracts.pages import Line, PageFailed, PageSucceeded, PageTask
from tests.contracts.record_version import IN_JSON, ON_THE_WIRE, record
from tests.contracts.version_before import FOLDER, recorded
from tests.examples import SQUARE, page_task

KINDS: list[tuple[str, type[BaseModel]]] = [
    ("page_task", PageTask),
    ("page_succeeded", PageSucceeded),
    ("page_failed", PageFailed),
    ("document_failed", DocumentFailed),
    ("dead_page_record", DeadPageRecord),
]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_what_the_release_before_wrote_is_read(name: str, kind: type[BaseModel]) -> None:
    payload = recorded(f"{name}.msgpack")
    before = msgpack.unpackb(payload)
    assert before["schema"] == SCHEMA_VERSION - 1
    read = decode(payload, kind).model_dump(mode="json", exclude={"image": True, "task": {"image"}})
    told = {name: value for name, value in before["data"].items() if name not in {"image", "task"}}
    assert told.items() <= {**read, "lines": told.get("lines")}.items()


def test_what_the_release_before_noted_is_read() -> None:
    manifest = JobManifest.model_validate_json(recorded("manifest.json"))
    assert (manifest.total_pages, manifest.options and manifest.options.dpi) == (3, 72)
    summary = JobSummary.model_validate_json(recorded("summary.json"))
    assert summary.outputs is not None
    assert summary.outputs.result == "old/1/result.json"


def test_a_page_without_anything_new_is_written_as_nodes_of_the_release_before_read_it() -> None:
    payload = recorded("page_task.msgpack")
    assert encode(decode(payload, PageTask)) == payload


@pytest.mark.parametrize(
    "new",
    [
        {"quality": "best"},
        {"running_heads": "drop"},
        {"known_lines": (Line(text="known", confidence=1.0, polygon=SQUARE),)},
    ],
)
def test_a_page_with_something_new_is_not_written_as_if_it_had_not(new: dict[str, object]) -> None:
    task = page_task(**new)
    payload = encode(task)
    assert msgpack.unpackb(payload)["schema"] == SCHEMA_VERSION
    assert decode(payload, PageTask) == task


def test_what_this_release_writes_can_be_recorded_for_the_next(tmp_path: Path) -> None:
    record(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {each.name for each in FOLDER.iterdir()}
    for name, message in ON_THE_WIRE.items():
        assert decode((tmp_path / f"{name}.msgpack").read_bytes(), type(message)) == message
    for name, message in IN_JSON.items():
        text = (tmp_path / f"{name}.json").read_bytes()
        assert type(message).model_validate_json(text) == message
