"""A format for who asks over HTTP: waited for while an aggregator makes it."""

import asyncio
from typing import Final

from broker.output_reader import OutputFacts
from contracts.errors import BrokerUnavailable, FormatBeingMade
from contracts.jobs import JobSummary
from contracts.output_formats import OutputFormat
from ingest.gateway.parts import Parts
from ingest.gateway.problems import Refused

# Proxies and clients hang up on an answer that does not begin within a minute.
_WAIT_S: Final = 45.0
BEING_MADE: Final = "urn:distributed-ocr:format-being-made"


async def made_format(
    parts: Parts, summary: JobSummary, output_format: OutputFormat
) -> OutputFacts:
    """Where it is. Raises: Refused (503) while it is not made; FormatUnavailable, ObjectMissing,
    JobStateConflict."""
    clock = asyncio.get_running_loop().time
    give_up = clock() + min(parts.settings.sync_timeout_s, _WAIT_S)
    while True:
        try:
            return await parts.formats.get(summary, output_format)
        except FormatBeingMade as later:
            if clock() >= give_up:
                raise Refused(503, str(later), kind=BEING_MADE) from later
        except BrokerUnavailable as silent:
            if "no aggregator" not in str(silent):
                raise
            raise Refused(503, str(silent)) from silent
