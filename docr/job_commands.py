"""`docr cancel` and `docr delete`: what users ask of jobs on a running system."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broker.connection import Broker, BrokerAddress
from broker.job_control import CANCEL_WAIT_S, JobControl
from contracts.ids import checked_token
from docr.logs import configure_logging
from docr.settings import Settings, load_settings


@asynccontextmanager
async def client_of(settings: Settings) -> AsyncIterator[Broker]:
    """A connection of somebody who asks, and sets nothing up. Raises: BrokerUnavailable."""
    configure_logging(settings.log_level or "error")
    address = BrokerAddress(url=settings.nats_url, credentials=settings.nats_creds)
    async with await Broker.connect(address, name="docr client") as broker:
        yield broker


async def cancel_job(job_id: str) -> str:
    """Cancels a job; the sentence that says how it ended. Raises: JobUnknown, JobStateConflict."""
    checked_token(job_id, what="job id")
    async with client_of(load_settings()) as broker:
        control = JobControl(broker)
        await control.cancel(job_id)
        summary = await control.ended(job_id)
    if summary is None:
        return (
            f"job {job_id} will end as cancelled, but has not within {CANCEL_WAIT_S:g} s; "
            "see that an aggregator runs"
        )
    read = f"{summary.pages_processed} of {summary.total_pages} pages had been read"
    return f"job {job_id} has ended: {summary.status}, {read}"


async def delete_job(job_id: str) -> str:
    """Removes a job; the sentence that says so. Raises: JobUnknown, JobStateConflict."""
    checked_token(job_id, what="job id")
    async with client_of(load_settings()) as broker:
        await JobControl(broker).delete(job_id)
    return f"job {job_id} is deleted, with its outputs and its dead pages"
