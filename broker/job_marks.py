"""Short notes about a job that is not at its end, in KV JOBS: whose it is, and what was decided."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from broker.connection import Broker
from broker.key_values import KeyValues
from contracts.errors import BrokerUnavailable, StoreFull

_CANCEL: Final = "cancel"
_PATIENCE_S: Final = 5.0


class JobMarks:
    """Marks go with the job: JobStore.forget removes them."""

    def __init__(self, broker: Broker) -> None:
        self._values = KeyValues(broker)

    async def claim(
        self, job_id: str, document_sha256: str, *, facts: Mapping[str, str] | None = None
    ) -> str:
        """Makes the job that of this document, unless it is another's; returns whose it is.

        `facts`: headers of the submission, for who asks before the document was opened.
        """
        key = f"{job_id}.document"
        if await self._values.create(key, document_sha256.encode(), headers=facts):
            return document_sha256
        # Between the two steps the job may have ended; then its summary says whose it was.
        owner = await self._values.get(key, certain=True)
        return document_sha256 if owner is None else _digest(owner)

    async def document_of(self, job_id: str) -> str | None:
        """The digest of the document that the job belongs to, None if nobody claimed it."""
        owner = await self._values.get(f"{job_id}.document", certain=True)
        return None if owner is None else _digest(owner)

    async def facts_of(self, job_id: str) -> tuple[Mapping[str, str], datetime] | None:
        """What was noted at the claim, and when; None if nobody claimed the job.

        Raises: BrokerUnavailable."""
        return await self._values.headers(f"{job_id}.document")

    async def withdraw_claim(self, job_id: str) -> None:
        """Frees the id of a document that was not taken. Raises: BrokerUnavailable."""
        await self._values.remove(f"{job_id}.document")

    async def request_cancel(self, job_id: str) -> bool:
        """Asks for the job's end; False if somebody did before. Raises: StoreFull,
        BrokerUnavailable."""
        return await self._values.create(
            f"{job_id}.{_CANCEL}", _nobody_elses(), give_up_after_s=_PATIENCE_S
        )

    async def cancel_requested(self, job_id: str) -> bool:
        # Nearly always there is none, which the leader has to say anyway.
        return await self._values.get(f"{job_id}.{_CANCEL}", certain=True) is not None

    async def jobs_to_cancel(self) -> set[str]:
        """The ids of all jobs whose end was asked for."""
        return await self._values.jobs_with(_CANCEL)

    async def claim_ending(self, job_id: str) -> bool:
        """Whether this process is the first to end the job; the others give it some time."""
        try:
            return await self._values.create(
                f"{job_id}.ending", _nobody_elses(), give_up_after_s=0.0
            )
        except (StoreFull, BrokerUnavailable):
            # A courtesy to the others; ending jobs is what makes room.
            return True

    async def renew_ending(self, job_id: str) -> None:
        """Tells the others that this process still works at the end of the job."""
        await self._values.put(f"{job_id}.ending", _nobody_elses())

    async def ending_claim(self, job_id: str) -> bytes | None:
        """What changes for as long as somebody works at the end of the job. Raises:
        BrokerUnavailable."""
        return await self._values.get(f"{job_id}.ending")

    async def claim_making(self, job_id: str, output_format: str) -> bool:
        """Whether this process is the first to make that format of an ended job."""
        try:
            return await self._values.create(
                _making(job_id, output_format), _nobody_elses(), give_up_after_s=0.0
            )
        except (StoreFull, BrokerUnavailable):
            return True  # as for endings

    async def renew_making(self, job_id: str, output_format: str) -> None:
        """Tells the others that this process still makes it."""
        await self._values.put(_making(job_id, output_format), _nobody_elses())

    async def making_claim(self, job_id: str, output_format: str) -> bytes | None:
        """What changes for as long as somebody makes it. Raises: BrokerUnavailable."""
        return await self._values.get(_making(job_id, output_format))

    async def end_making(self, job_id: str, output_format: str) -> None:
        """It is made, or cannot be. Raises: BrokerUnavailable."""
        await self._values.remove(_making(job_id, output_format))

    async def note_returned(self, job_id: str, page_index: int, *, number: int) -> None:
        """Counts a hand-over of a page, its `number`, that was given back before an attempt began:
        once, however often it is noted."""
        await self._values.put(f"{job_id}.returned.{page_index}.{number}", b"")

    async def returned(self, job_id: str, page_index: int) -> int:
        """How many hand-overs of the page were given back so. Raises: BrokerUnavailable."""
        return await self._values.count_below(f"{job_id}.returned.{page_index}")


def _making(job_id: str, output_format: str) -> str:
    return f"{job_id}.making.{output_format}"


def _digest(value: bytes) -> str:
    # What others wrote there is no document's.
    return value.decode("ascii", "replace")


def _nobody_elses() -> bytes:
    return secrets.token_hex(8).encode()
