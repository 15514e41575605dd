"""Output formats of ended jobs: found in bucket OUTPUTS, or made by an aggregator for who asks."""

import json
from typing import Any, Final

import nats.errors

from broker.connection import Broker
from broker.failures import in_our_words
from broker.object_reading import ObjectMissing
from broker.output_reader import OutputFacts, OutputReader
from contracts import subjects
from contracts.errors import (
    BrokerUnavailable,
    FormatBeingMade,
    FormatUnavailable,
    InvalidOption,
    JobStateConflict,
    JobUnknown,
    OcrError,
)
from contracts.jobs import JobSummary
from contracts.output_formats import ALWAYS_MADE, OutputFormat

# An aggregator answers "being made" after this long; it makes it to the end all the same.
ANSWERED_WITHIN_S: Final = 15.0
_LATE_S: Final = 10.0
_BY_CODE: Final[dict[str, type[OcrError]]] = {
    "400": InvalidOption,
    "404": JobUnknown,
    "409": JobStateConflict,
    "410": ObjectMissing,
    "422": FormatUnavailable,
}


class MadeFormats:
    """What a door needs to hand out any format."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._outputs = OutputReader(broker)

    async def find(self, summary: JobSummary, output_format: OutputFormat) -> OutputFacts | None:
        """A format that is there, None if it has to be made. Raises: ObjectMissing for one of those
        that each job has: the outputs have expired; BrokerUnavailable."""
        outputs = summary.outputs
        if outputs is None:
            raise JobStateConflict(f"job {summary.job_id} has no outputs; submit it again")
        for name in outputs.possible_names(output_format):
            try:
                return await self._outputs.facts(name)
            except ObjectMissing:
                if output_format in ALWAYS_MADE:
                    raise
        return None

    async def get(self, summary: JobSummary, output_format: OutputFormat) -> OutputFacts:
        """A format, made if need be. Raises: FormatUnavailable if it cannot be; FormatBeingMade:
        ask again; ObjectMissing, JobUnknown; BrokerUnavailable, also if no aggregator answers."""
        found = await self.find(summary, output_format)
        return found if found is not None else await self._make(summary.job_id, output_format)

    async def _make(self, job_id: str, output_format: OutputFormat) -> OutputFacts:
        asked = json.dumps({"job_id": job_id, "format": output_format}).encode()
        try:
            with in_our_words(f"making format {output_format}"):
                answer = await self._broker.client.request(
                    subjects.MAKE_OUTPUT, asked, timeout=ANSWERED_WITHIN_S + _LATE_S
                )
        except BrokerUnavailable as silent:
            if isinstance(silent.__cause__, nats.errors.NoRespondersError | TimeoutError):
                raise BrokerUnavailable(
                    f"no aggregator answers, and format {output_format} has to be made by one; "
                    "see that 'docr aggregator' or 'docr up' runs, then ask again"
                ) from silent
            raise
        told: dict[str, Any] = json.loads(answer.data or b"{}")
        if (code := (answer.headers or {}).get("Nats-Service-Error-Code")) is not None:
            reason = told.get("error", "it failed; look into the aggregator's log")
            raise _BY_CODE.get(code, BrokerUnavailable)(reason)
        if "object" not in told:
            raise FormatBeingMade(
                f"format {output_format} of job {job_id} is still being made; ask again"
            )
        return OutputFacts(name=told["object"], size=told["size"], sha256=told["sha256"])
