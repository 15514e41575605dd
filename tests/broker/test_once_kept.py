"""Documents that are asked for before they are where they are kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from broker.connection import Broker
from broker.kept_documents import KeptDocuments, OpenedDocument
from broker.object_reading import ObjectMissing
from broker.once_kept import once_kept
from tests.waiting import wait_until


async def test_a_document_that_is_kept_after_its_jobs_end_is_waited_for(broker: Broker) -> None:
    documents = KeptDocuments(broker)
    looks = 0

    async def look() -> OpenedDocument:
        nonlocal looks
        looks += 1
        return await documents.opened("job-1")

    asked = asyncio.create_task(once_kept(look, ended_at=datetime.now(UTC), patience_s=20.0))
    await wait_until(lambda: looks > 1, "a second look")
    assert not asked.done()
    await documents.keep_bytes("job-1", b"scan")
    found = await asked
    assert b"".join([piece async for piece in found.content]) == b"scan"


async def test_one_that_is_missing_long_after_its_jobs_end_is_not_waited_for(
    broker: Broker,
) -> None:
    looks = 0

    async def look() -> OpenedDocument:
        nonlocal looks
        looks += 1
        return await KeptDocuments(broker).opened("job-1")

    ended_at = datetime.now(UTC) - timedelta(seconds=4)
    with pytest.raises(ObjectMissing):
        await once_kept(look, ended_at=ended_at, patience_s=3.0)
    assert looks == 1


async def test_a_clock_that_is_ahead_makes_nobody_wait_longer(broker: Broker) -> None:
    ended_at = datetime.now(UTC) + timedelta(hours=1)
    async with asyncio.timeout(10):
        with pytest.raises(ObjectMissing):
            await once_kept(
                lambda: KeptDocuments(broker).opened("job-1"), ended_at=ended_at, patience_s=0.3
            )
