"""`docr cancel`, `delete`, `jobs` and `nodes`: what users ask of a running system."""

import json
from contextlib import aclosing
from typing import Final

from contracts.job_state import JobState
from docr.client import AsyncClient
from docr.job_tables import jobs_table, nodes_table
from docr.terminal import print_out, printable_json, say

# How long a cancelled job may take to end: an aggregator looks every second.
CANCEL_WAIT_S: Final = 30.0


async def cancel_job(job_id: str, url: str | None, api_key: str | None, *, as_json: bool) -> bool:
    """Cancels a job and says how it ended; whether it has. Raises: JobUnknown, JobStateConflict."""
    async with AsyncClient(url, api_key) as client:
        job = client.job(job_id)
        state = await job.cancel()
        try:
            state = await job.wait(CANCEL_WAIT_S)
        except TimeoutError:
            say(
                f"job {job_id} will end as cancelled, but has not within {CANCEL_WAIT_S:g} s; "
                "see that an aggregator runs"
            )
    if as_json:
        print_out(_line(state))
    elif state.has_ended:
        read = (state.metrics or {}).get("pages_processed", 0)
        say(
            f"job {job_id} has ended: {state.state}, {read} of {state.total_pages} pages had been "
            "read"
        )
    return state.has_ended


async def delete_job(job_id: str, url: str | None, api_key: str | None, *, as_json: bool) -> None:
    """Removes a job, and says so. Raises: JobUnknown, JobStateConflict."""
    async with AsyncClient(url, api_key) as client:
        await client.job(job_id).delete()
    if as_json:
        print_out(json.dumps({"job_id": job_id, "deleted": True}) + "\n")
    else:
        say(f"job {job_id} is deleted, with its outputs and its dead pages")


async def list_jobs(
    state: str | None, limit: int, url: str | None, api_key: str | None, *, as_json: bool
) -> None:
    """Prints a table of jobs, or JSON Lines as they come. Raises: InvalidOption."""
    found: list[JobState] = []
    async with (
        AsyncClient(url, api_key) as client,
        aclosing(client.jobs(limit=limit, state=state)) as listed,
    ):
        async for job in listed:
            if as_json:
                print_out(_line(job))
            else:
                found.append(job)
    if found:
        print_out(jobs_table(found))
    elif not as_json:
        say("no jobs" if state is None else f"no jobs in state {state}")


async def list_nodes(url: str | None, api_key: str | None, *, as_json: bool) -> None:
    """Prints a table of nodes, or JSON Lines."""
    async with AsyncClient(url, api_key) as client:
        fleet = await client.nodes()
    if as_json:
        for worker in fleet.workers:
            print_out(printable_json(worker.model_dump_json()) + "\n")
    elif fleet.workers:
        print_out(nodes_table(fleet))
    else:
        say("no nodes; start one with 'docr node'")


def _line(job: JobState) -> str:
    return printable_json(job.model_dump_json()) + "\n"
