"""A NATS micro service: what `nats micro ls`, `info` and `stats` find, and requests are sent to."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import nats.errors
import nats.micro
import structlog
from nats.micro.request import Request

from broker.connection import Broker
from broker.failures import in_our_words
from broker.object_reading import ObjectMissing
from contracts.errors import (
    InvalidOption,
    JobIdTaken,
    JobStateConflict,
    JobUnknown,
    LanguageUnavailable,
    OcrError,
    PermanentError,
)

log = structlog.get_logger(__name__)

# As HTTP has them: what a client does about an error depends on its first digit.
_CODES: Final[tuple[tuple[type[OcrError], str], ...]] = (
    (LanguageUnavailable, "409"),
    (InvalidOption, "400"),
    (JobUnknown, "404"),
    (JobStateConflict, "409"),
    (JobIdTaken, "409"),
    (ObjectMissing, "410"),
    (PermanentError, "422"),
    (OcrError, "503"),
)
_LINE_CHARS: Final = 2000
_OURS: Final = "the request failed for a reason that is ours; look into the log of the service"


# (body, headers) -> what to answer, as JSON.
Handler = Callable[[bytes, Mapping[str, str]], Awaitable[Any]]
_Answer = Callable[[Request], Coroutine[Any, Any, None]]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A subject that is answered. `shared`: by one of all instances, or else by each of them.

    `description`, `request` and `answer` are for people, who find them with `nats micro info`.
    """

    name: str
    subject: str
    handler: Handler
    shared: bool = True
    # Answered beside others of its kind: for what takes long.
    slow: bool = False
    description: str = ""
    request: str = ""
    answer: str = ""

    def metadata(self) -> dict[str, str]:
        told = {
            "description": self.description,
            "request": self.request,
            "answer": self.answer,
        }
        return {name: text for name, text in told.items() if text}


@asynccontextmanager
async def micro_service(
    broker: Broker,
    *,
    name: str,
    version: str,
    description: str,
    endpoints: list[Endpoint],
    metadata: Mapping[str, str] | None = None,
    stats: Callable[[], Mapping[str, Any]] | None = None,
) -> AsyncIterator[None]:
    """Answers for as long as the body runs. Errors of `contracts.errors` are answered with their
    sentence in the header Nats-Service-Error. `stats`: what STATS tells beside the counters.

    Raises: BrokerUnavailable.
    """
    config = nats.micro.service.ServiceConfig(
        name=name,
        version=_semantic(version),
        description=description,
        metadata=dict(metadata or {}),
        stats_handler=(lambda _: dict(stats())) if stats is not None else None,
    )
    under_way: set[asyncio.Task[None]] = set()
    with in_our_words(f"starting service {name}"):
        service = await nats.micro.add_service(broker.client, config)
        for each in endpoints:
            refused = _Refused()
            await service.add_endpoint(
                name=each.name,
                subject=each.subject,
                handler=_beside(_answering(each, refused), under_way)
                if each.slow
                else _answering(each, refused),
                # Instances in groups of their own are all asked.
                queue_group="q" if each.shared else f"q-{service.id}",
                metadata=each.metadata(),
            )
            refused.counters = service._endpoints[-1]
        await broker.client.flush()
    try:
        yield
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if broker.client.is_connected:
            try:
                async with asyncio.timeout(2):
                    await service.stop()
            except (nats.errors.Error, TimeoutError) as odd:
                log.debug("a service did not stop in good order", error=type(odd).__name__)


def _beside(answer: _Answer, under_way: "set[asyncio.Task[None]]") -> _Answer:
    """The same, without making the next request wait."""

    async def begin(request: Request) -> None:
        task = asyncio.create_task(answer(request))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    return begin


class _Refused:
    """Counts what was refused in STATS. nats-py counts what a handler raises, and then answers by
    itself, without a body."""

    counters: Any = None

    def count(self, reason: str) -> None:
        if self.counters is not None:
            self.counters._num_errors += 1
            self.counters._last_error = reason


def _answering(endpoint: Endpoint, refused: _Refused) -> _Answer:
    async def answer(request: Request) -> None:
        try:
            told = json.dumps(await endpoint.handler(request.data, request.headers or {}))
        except OcrError as wrong:
            code = next(code for kind, code in _CODES if isinstance(wrong, kind))
            refused.count(f"{code}:{wrong}")
            await _refuse(request, code, str(wrong))
        except Exception:
            log.exception("a request failed", subject=endpoint.subject)
            refused.count(f"500:{_OURS}")
            await _refuse(request, "500", _OURS)
        else:
            await _send(request.respond(told.encode()), subject=endpoint.subject)

    return answer


async def _refuse(request: Request, code: str, reason: str) -> None:
    # A header is one line of ASCII; the whole sentence stands in the body as well.
    line = " ".join(reason.encode("ascii", "backslashreplace").decode().split())[:_LINE_CHARS]
    body = json.dumps({"error": reason}).encode()
    await _send(request.respond_error(code, line, data=body), subject=request.subject)


async def _send(answer: Awaitable[None], *, subject: str) -> None:
    try:
        await answer
    except (nats.errors.Error, ValueError) as lost:
        # ValueError: published without a reply subject, so that nobody is there to be told.
        log.debug("an answer was lost", subject=subject, error=str(lost))


def _semantic(version: str) -> str:
    """A version as micro services have to have it: 1.2.0rc1 is 1.2.0-rc1 there."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?[.-]?(.*)", version)
    if found is None:
        return "0.0.0"
    major, minor, patch, rest = found.groups()
    rest = re.sub(r"[^0-9A-Za-z-]", "-", rest)
    return f"{int(major)}.{int(minor)}.{int(patch or 0)}" + (f"-{rest}" if rest else "")
