"""The NATS micro service `ocr-outputs`: formats of ended jobs, made for who asks, and kept.

`nats micro info ocr-outputs` shows what it can be asked.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from aggregator.format_making import FormatMaking
from broker.connection import Broker
from broker.made_formats import ANSWERED_WITHIN_S
from broker.micro import Endpoint, micro_service
from broker.output_reader import OutputFacts
from broker.release import release
from contracts import subjects
from contracts.errors import BrokerUnavailable, InvalidOption
from contracts.ids import checked_token
from contracts.output_formats import OUTPUT_FORMATS, OutputFormat, made_format

log = structlog.get_logger(__name__)

NAME: Final = "ocr-outputs"
_RETRY_S: Final = 1.0
_HINT: Final = 'send JSON like {"job_id": "...", "format": "pdf"}'


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    job_id: str
    format: str


def asked_output(body: bytes) -> tuple[str, OutputFormat]:
    """Job and format of a request. Raises: InvalidOption."""
    try:
        asked = _Asked.model_validate_json(body)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        field = ".".join(str(part) for part in first["loc"])[:80] or "the whole"
        raise InvalidOption(
            f"the request cannot be used: {field}: {first['msg']}; {_HINT}"
        ) from None
    return checked_token(asked.job_id, what="job id"), made_format(asked.format)


class FormatRequests:
    """Answers `ocr.outputs.make`; one of all aggregators answers each request. However many ask
    for the same at a time, it is made once."""

    def __init__(self, broker: Broker, making: FormatMaking) -> None:
        self._broker = broker
        self._making = making
        self._under_way: dict[tuple[str, OutputFormat], asyncio.Task[OutputFacts]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Answers until `stop` is set, or it is cancelled."""
        try:
            while not stop.is_set():
                try:
                    async with micro_service(
                        self._broker,
                        name=NAME,
                        version=release(),
                        description="Output formats of ended OCR jobs, made for who asks",
                        endpoints=[self._endpoint()],
                    ):
                        await stop.wait()
                except BrokerUnavailable as wait:
                    log.debug("service ocr-outputs waits", reason=str(wait))
                    await asyncio.sleep(_RETRY_S)
        finally:
            tasks = list(self._under_way.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _endpoint(self) -> Endpoint:
        return Endpoint(
            name="make",
            subject=subjects.MAKE_OUTPUT,
            handler=self._make,
            slow=True,
            description="an output format of an ended job, made if it is not there yet",
            request=f'{{"job_id", "format": {" | ".join(OUTPUT_FORMATS)}}}',
            answer=(
                '{"job_id", "format", "state": "made", "object": its name in bucket OUTPUTS, '
                '"size" in bytes, "sha256" in hex}; or {"job_id", "format", "state": "making"} '
                f"after {ANSWERED_WITHIN_S:g} s: ask again"
            ),
        )

    async def _make(self, body: bytes, _: Mapping[str, str]) -> dict[str, Any]:
        job_id, output_format = asked_output(body)
        told: dict[str, Any] = {"job_id": job_id, "format": output_format}
        key = (job_id, output_format)
        if (task := self._under_way.get(key)) is None:
            task = asyncio.create_task(self._making.make(job_id, output_format))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        done = (await asyncio.wait({task}, timeout=ANSWERED_WITHIN_S))[0]
        if not done:
            return {**told, "state": "making"}
        found = task.result()
        return {
            **told,
            "state": "made",
            "object": found.name,
            "size": found.size,
            "sha256": found.sha256,
        }

    def _ended(self, key: tuple[str, OutputFormat], task: "asyncio.Task[OutputFacts]") -> None:
        self._under_way.pop(key, None)
        if not task.cancelled() and (wrong := task.exception()) is not None:
            # Who asked may be gone by now.
            log.info("a format was not made", job_id=key[0], format=key[1], reason=str(wrong))
