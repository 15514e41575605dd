"""Pages that were given up: kept, shown, and read again."""

import json
import time
from pathlib import Path

import pytest
from PIL import Image

from broker.connection import Broker
from broker.job_control import JobControl
from broker.objects import ObjectBucket
from contracts import topology
from contracts.errors import JobIdTaken
from tests.docr.commands import docr
from tests.documents import pdf
from tests.running_services import (
    Start,
    begun,
    endings_of,
    messages_in,
    nothing_is_left,
    result_of,
    submit,
)
from tests.waiting import wait_until


async def test_a_dead_page_is_listed_shown_and_replayed_into_a_new_revision(
    tmp_path: Path, broker: Broker, broker_url: str, start: Start
) -> None:
    for service in ("ingest", "aggregator"):
        start(service)
    sick = start("node", OCR_ECHO_FAULTS="raise:2,raise:3", MAX_RETRIES="1")
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(4), "job", formats=("tsv",), tenant="blue")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        first = endings[0]
        assert (first.status, first.revision, first.pages_failed) == ("partial_success", 1, 2)
        sick.terminate()
        sick.wait(20)
        start("node", OCR_ECHO_FAULTS="raise:3", MAX_RETRIES="1")

        def ask(*arguments: str) -> "tuple[int, str, str]":
            done = docr("dead", *arguments, folder=tmp_path, NATS_URL=broker_url)
            return done.returncode, done.stdout, done.stderr

        code, listed, _ = ask("list", "--json")
        pages = [json.loads(line) for line in listed.splitlines()]
        assert code == 0
        assert [(each["job"], each["page"]) for each in pages] == [("job", 2), ("job", 3)]
        assert "EchoFault" in pages[0]["reason"]
        code, shown, _ = ask("show", "job", "2", "--save", str(tmp_path / "page.png"))
        assert code == 0
        with Image.open(tmp_path / "page.png") as image:
            assert image.format == "PNG"
            assert f"image: {image.width} x {image.height} px, 72 dpi" in shown
        code, _, said = ask("show", "job", "4")
        assert (code, "page 4 of job job is not among the dead pages" in said) == (1, True)

        code, said, _ = ask("replay", "job", "--page", "2", "--dpi", "144")
        assert code == 0, said
        assert "job job has revision 2: partial_success, 3 of 4 pages read" in said
        code, said, _ = ask("replay", "job")  # page 3 has no hope on this node either
        assert code == 1
        assert "job job has revision 3: partial_success, 3 of 4 pages read" in said
        code, _, said = ask("replay", "job", "--page", "2")
        assert (code, "has no page 2 to replay" in said) == (1, True)
        await wait_until(lambda: len(endings) == 3, "every revision to be told")
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    assert [(each.revision, each.tenant) for each in endings] == [(n, "blue") for n in (1, 2, 3)]
    result = await result_of(broker, endings[-1])
    assert [page["status"] for page in result["results"]] == [
        *("success", "success", "failed", "success")
    ]
    assert [page["dpi"] for page in result["results"]] == [72, 144, 72, 72]
    assert len(result["combined_text"].split("\n\n")) == 3
    # The outputs of older revisions make room; their summaries stay.
    bucket = ObjectBucket(broker, name=topology.OUTPUTS)
    last = endings[-1].outputs
    assert last is not None
    assert sorted(await bucket.names()) == sorted(last.names())
    # Formats that were asked for are made for each revision.
    rows = (await bucket.read_all(last.formats["tsv"])).decode().splitlines()
    assert {row.split("\t")[1] for row in rows[1:]} >= {"1", "2", "4"}
    assert await messages_in(broker, topology.SUMMARY) == 3


async def test_a_deleted_job_leaves_nothing(
    tmp_path: Path, broker: Broker, broker_url: str, start: Start
) -> None:
    for service in ("ingest", "aggregator"):
        start(service)

    def delete() -> "tuple[int, str]":
        done = docr("delete", "job", folder=tmp_path, NATS_URL=broker_url)
        return done.returncode, done.stderr

    async with endings_of(broker) as endings:
        code, said = delete()
        assert (code, "there is no job job" in said) == (1, True)
        await submit(broker, tmp_path, pdf(2) + b"\n%" + b"x" * 1_200_000, "job")
        code, said = delete()
        assert (code, "is not at its end; cancel it first" in said) == (1, True)
        start("node", OCR_ECHO_FAULTS="raise:2", MAX_RETRIES="1")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
    await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    code, said = delete()
    assert (code, "job job is deleted" in said) == (0, True)
    for stream in ("OBJ_OUTPUTS", "OBJ_UPLOADS", topology.SUMMARY, topology.DEAD_PAGES):
        assert await messages_in(broker, stream) == 0
    # Its id is not free at once: what is under way of it must come to nothing.
    with pytest.raises(JobIdTaken, match="was deleted, and its id is not free for a day"):
        await submit(broker, tmp_path, pdf(1), "job")


async def test_a_job_deleted_the_moment_it_ends_is_told_once_by_two_aggregators(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    await begun(*(start(each) for each in ("ingest", "aggregator", "aggregator", "node")))
    control = JobControl(broker)
    async with endings_of(broker) as endings:
        for number in range(5):
            await submit(broker, tmp_path, pdf(1), f"job-{number}")
            await wait_until(lambda: len(endings) > number, "the job's end", 30.0)  # noqa: B023
            await control.delete(f"job-{number}")
        # The other aggregator gives up waiting for the first one's summary after 5 s.
        since = time.monotonic()
        await wait_until(lambda: time.monotonic() > since + 7, "the other's turn")
        assert await messages_in(broker, topology.SUMMARY) == 0
    assert [each.status for each in endings] == ["success"] * 5


async def test_a_submission_that_is_late_does_not_bring_a_deleted_job_back(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    victim = start("ingest", FAIL_POINTS="ingest.last_page_published")
    start("aggregator")
    start("node")
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(1), "job")
        await wait_until(lambda: bool(endings), "the job's end", 30.0)
        await wait_until(lambda: victim.poll() is not None, "ingest's death", 30.0)
        await JobControl(broker).delete("job")
        start("ingest")

        async def submission_is_gone() -> bool:
            return await messages_in(broker, topology.SUBMIT) == 0

        await wait_until(submission_is_gone, "the submission to be handed over again", 30.0)
        assert await messages_in(broker, topology.PAGES) == 0
    assert len(endings) == 1
