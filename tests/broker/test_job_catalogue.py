"""Jobs page by page: those that go on, then those that ended, by state and by name."""

from datetime import UTC, datetime

from broker.connection import Broker
from broker.job_catalogue import JobCatalogue
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from tests.examples import job_summary, manifest


async def names(catalogue: JobCatalogue, *, at_a_time: int = 3, **wanted: str) -> list[str]:
    """The ids of all that is wanted."""
    found: list[str] = []
    cursor = None
    while True:
        some = await catalogue.page(limit=at_a_time, cursor=cursor, **wanted)
        found += [each.job_id for each in some.jobs]
        if (cursor := some.cursor) is None:
            return found


async def test_open_jobs_come_first_then_ended_ones_and_what_is_remembered_is_never_stale(
    broker: Broker,
) -> None:
    jobs, marks, catalogue = JobStore(broker), JobMarks(broker), JobCatalogue(broker)
    for number in range(8):
        status = "failed" if number % 4 == 0 else "success"
        await jobs.publish_summary(
            job_summary(job_id=f"ended-{number}", filename=f"Rechnung {number}.pdf", status=status)
        )
    for number in range(4):
        await jobs.put_manifest(manifest(job_id=f"open-{number}", filename=f"brief {number}.pdf"))
    await marks.claim("waits", "0" * 64, facts={"Ocr-Filename": "brief%20w.pdf"})
    await marks.request_cancel("open-1")
    # Ended, and not tidied up yet: told once.
    await jobs.put_manifest(manifest(job_id="ended-7", filename="Rechnung 7.pdf"))

    opened = ["waits", "open-3", "open-2", "open-1", "open-0"]
    ended = [f"ended-{number}" for number in range(7, -1, -1)]
    for _ in range(2):  # the second time out of memory
        assert await names(catalogue) == [*opened, *ended]
    assert await names(catalogue, state="running") == ["open-3", "open-2", "open-0"]
    assert await names(catalogue, state="queued") == ["waits"]
    assert await names(catalogue, state="cancelling") == ["open-1"]
    assert await names(catalogue, state="failed") == ["ended-4", "ended-0"]
    assert await names(catalogue, text="BRIEF") == opened
    assert await names(catalogue, text="ended-3") == ["ended-3"]
    assert await names(catalogue, text="rechnung 5", state="success") == ["ended-5"]
    assert await names(catalogue, text="nobody's") == []
    assert await names(catalogue, tenant="another") == []

    await jobs.delete_summary("ended-5")
    revised = job_summary(
        job_id="ended-2", filename="Rechnung 2.pdf", revision=2, end_time=datetime.now(UTC)
    )
    _, before = await jobs.latest_summary("ended-2")
    await jobs.publish_summary(revised, after=before)
    left = ["ended-2", "ended-7", "ended-6", "ended-4", "ended-3", "ended-1", "ended-0"]
    for at_a_time in (20, 3):
        assert await names(catalogue, at_a_time=at_a_time) == [*opened, *left]
    # Nor is an older revision, whose state is another, found in the place of the latest.
    _, before = await jobs.latest_summary("ended-4")
    mended = job_summary(job_id="ended-4", filename="Rechnung 4.pdf", revision=2)
    await jobs.publish_summary(mended, after=before)
    assert await names(catalogue, state="failed") == ["ended-0"]
    # The first place goes, and the gap behind it, while another one comes: as many as before.
    await jobs.delete_summary("ended-1")
    assert await names(catalogue, text="ended-6") == ["ended-6"]
    await jobs.delete_summary("ended-0")
    await jobs.delete_summary("ended-6")
    assert await names(catalogue) == [*opened, "ended-4", "ended-2", "ended-7", "ended-3"]


async def test_a_list_has_each_job_once_whatever_ends_or_is_read_again_between_its_pages(
    broker: Broker,
) -> None:
    jobs, catalogue = JobStore(broker), JobCatalogue(broker)
    for number in range(4):
        await jobs.publish_summary(job_summary(job_id=f"ended-{number}"))
    for number in range(6):
        await jobs.put_manifest(manifest(job_id=f"open-{number}"))

    async def end(job_id: str) -> None:
        await jobs.publish_summary(job_summary(job_id=job_id))
        await jobs.forget(job_id)

    some = await catalogue.page(limit=2)
    found = [each.job_id for each in some.jobs]
    await end("open-5")  # told already
    await end("open-2")  # not told yet
    for job_id in ("ended-3", "ended-0"):
        _, before = await jobs.latest_summary(job_id)
        await jobs.publish_summary(job_summary(job_id=job_id, revision=2), after=before)
    while some.cursor is not None:
        some = await catalogue.page(limit=2, cursor=some.cursor)
        found += [each.job_id for each in some.jobs]
    assert found == [f"open-{n}" for n in range(5, -1, -1)] + [
        f"ended-{n}" for n in range(3, -1, -1)
    ]


async def test_a_list_tells_the_first_errors_and_how_many_there_are_and_the_job_itself_all(
    broker: Broker,
) -> None:
    jobs, catalogue = JobStore(broker), JobCatalogue(broker)
    errors = tuple(f"page {number}: it is damaged" for number in range(1, 10_001))
    await jobs.publish_summary(job_summary(job_id="torn", status="failed", errors=errors))
    # Ended, and not tidied up yet.
    await jobs.put_manifest(manifest(job_id="torn"))
    (listed,) = (await catalogue.page()).jobs
    alone = await catalogue.state("torn")
    assert listed.metrics is not None
    assert alone.metrics is not None
    assert (listed.metrics["errors"], listed.error_count) == (list(errors[:10]), 10_000)
    assert (alone.metrics["errors"], alone.error_count) == (list(errors), 10_000)
