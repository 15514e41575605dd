"""Making output formats: what fails costs a format, and who asked for none waits for nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.ending_slots import EndingSlots
from aggregator.format_files import FormatFiles, about, formats_asked_for, left_s
from aggregator.format_maker import FormatMaker
from aggregator.format_requests import asked_output
from aggregator.outputs import output_files
from broker.connection import Broker
from broker.kept_documents import KeptDocuments
from contracts.errors import FormatUnavailable, InvalidOption
from contracts.job_options import JobOptions
from contracts.jobs import JobManifest
from contracts.output_formats import OutputFormat, file_suffix, media_type_of, suffix_of
from contracts.sealed_password import PasswordSeal
from tests.examples import job_summary, manifest, page_failed, page_succeeded
from tests.waiting import wait_until


@asynccontextmanager
async def a_maker(folder: Path, *, memory_limit_bytes: int = 2**30) -> AsyncIterator[FormatMaker]:
    maker = FormatMaker(folder, memory_limit_bytes=memory_limit_bytes)
    try:
        yield maker
    finally:
        await maker.stop()


async def test_a_format_is_made_of_the_pages_in_a_child_and_what_fails_is_a_sentence(
    tmp_path: Path,
) -> None:
    summary = job_summary(total_pages=2)
    out = tmp_path / "out"
    with output_files(tmp_path) as files:
        files.add(page_succeeded())
        files.add(page_failed(page_index=1))
        files.all_pages()

        async def made(maker: FormatMaker, output_format: OutputFormat) -> str:
            return await maker.make(
                output_format, summary=summary, pages=files.pages, document=None, out=out
            )

        async with a_maker(tmp_path) as maker:
            assert await made(maker, "tsv") == ".tsv"
            assert "two" in out.read_text()
            with pytest.raises(FormatUnavailable, match="is stored when the job ends"):
                await made(maker, "json")
            with pytest.raises(FormatUnavailable):
                await made(maker, "pdf")
            # And it goes on with the next one.
            assert await made(maker, "tsv") == ".tsv"
            files.pages.write_text("no JSON\n")
            with pytest.raises(FormatUnavailable, match="cannot be made of this document"):
                await made(maker, "tsv")
        async with a_maker(tmp_path, memory_limit_bytes=2**20) as maker:
            with pytest.raises(FormatUnavailable, match="more than 1 MB of memory"):
                await made(maker, "tsv")


async def test_jobs_with_formats_hold_up_no_other_and_wait_no_longer_than_their_deadline() -> None:
    slots, release, at_work = EndingSlots(), asyncio.Event(), 0

    def asking(seconds: float) -> JobManifest:
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        return manifest(options=JobOptions(formats=("pdf",)), deadline=deadline)

    async def hold() -> None:
        nonlocal at_work
        async with slots.of(asking(86_400)):
            at_work += 1
            await release.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(hold())
        await wait_until(lambda: at_work == 2, "two jobs with formats to be at work")
        async with slots.of(manifest()):
            pass
        # Late: it ends with a slot that is meant for jobs without formats.
        async with slots.of(asking(0.05)):
            assert at_work == 2
        release.set()
    assert at_work == 3


def test_a_late_or_cancelled_job_has_no_time_for_formats() -> None:
    late = manifest(options=JobOptions(formats=("text", "pdf")))
    assert formats_asked_for(late) == ("pdf",)
    assert formats_asked_for(manifest(options=None)) == ()
    assert left_s(late, "complete") == 0.0
    in_time = manifest(deadline=datetime.now(UTC) + timedelta(days=1))
    assert left_s(in_time, "complete") > 80_000
    assert left_s(in_time, "deadline") == left_s(in_time, "cancelled") == 0.0
    assert about("pdf", "no room") == "format pdf: no room"
    assert about("pdf", "format pdf cannot be made") == "format pdf cannot be made"


def test_a_file_says_by_itself_whether_it_is_a_zip_of_pages() -> None:
    zipped = file_suffix("page", head=b"PK\x03\x04rest")
    assert (zipped, file_suffix("page", head=b"<?xml")) == (".page.zip", ".page.xml")
    assert file_suffix("pdf", head=b"PK\x03\x04") == ".pdf"
    assert media_type_of("page", suffix=zipped) == "application/zip"
    assert suffix_of("job/0/page.page.zip", "page") == zipped
    assert suffix_of("job/0/alto.alto.xml", "alto") == ".alto.xml"


UNUSABLE: list[Any] = [
    b"", b"job", b"[]", b"\xff", b'{"job_id": "a"}', b'{"job_id": 1, "format": "pdf"}',
    b'{"job_id": "a.b", "format": "pdf"}', b'{"job_id": "a", "format": ""}',
    b'{"job_id": "a", "format": "pdf,tsv"}', b'{"job_id": "a", "format": "pdf", "x": 1}',
]  # fmt: skip


@pytest.mark.parametrize("body", UNUSABLE)
def test_a_request_that_cannot_be_used_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(InvalidOption):
        asked_output(body)


def test_a_request_names_a_job_and_a_format() -> None:
    assert asked_output(b'{"job_id": "a", "format": "PDF"}') == ("a", "pdf")


async def test_a_password_that_cannot_be_unsealed_is_told_with_the_setting_that_is_missing(
    broker: Broker, tmp_path: Path
) -> None:
    documents, summary = KeptDocuments(broker), job_summary()
    sealed = PasswordSeal("the key of ingest").seal("geheim")
    await documents.keep_bytes(summary.job_id, b"%PDF-1.7", sealed_password=sealed)
    async with a_maker(tmp_path) as maker:
        for seal, words in (
            (None, "set its OCR_SECRET_KEY to the same text as that of gateways and ingest"),
            (PasswordSeal("the key of nobody"), "it was sealed with another key"),
        ):
            files = FormatFiles(maker, documents, seal=seal)
            with pytest.raises(FormatUnavailable, match=words):
                await files.one("pdf", summary=summary, pages=tmp_path / "pages.jsonl")
