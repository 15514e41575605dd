"""The bucket as a front door: each object that a user puts into UPLOADS becomes a submission."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, unquote

import structlog

from broker.connection import Broker
from broker.delivery import Delivery
from broker.handing_in import as_header
from broker.object_meta import ObjectMeta
from broker.publishing import publish
from broker.pull import Puller
from broker.pulling import Pulling
from contracts import subjects, topology
from contracts.errors import BrokerUnavailable
from contracts.job_identity import HEADER_MESSAGE_ID, job_id_for_key
from contracts.option_headers import (
    ALL_HEADERS,
    HEADER_FILENAME,
    HEADER_JOB_ID,
    HEADER_OBJECT,
    HEADER_OBJECT_ENTRY,
    HEADER_OBJECT_NUID,
    HEADER_PASSWORD,
    OPTION_HEADERS,
    with_known_names,
)

log = structlog.get_logger(__name__)

# The longest value of use, a list of pages, is far shorter; headers have to fit into a message.
_MAX_VALUE_CHARS: Final = 2000
_SHOWN_CHARS: Final = 60
_LEFT_OUT: Final = "left-out"
_KNOWN: Final = frozenset(ALL_HEADERS)
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9-]")
# What a header may hold as it is: printable ASCII. The rest is written as in a URL.
_PRINTABLE: Final = "".join(map(chr, range(0x20, 0x7F)))


class UploadedObject:
    """An object that was put into the bucket, in this process's hands."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    def submission(self) -> dict[str, str] | None:
        """The headers of the submission that it becomes; None for one that is none: removed, or
        stored by a part of the system. Raises: MessageUndecodable."""
        meta = ObjectMeta.parse(self.delivery.payload)
        if meta.deleted or meta.is_internal:
            return None
        return submission_headers(meta, entry=self.delivery.subject.rpartition(".")[2])


class UploadQueue(Pulling):
    """What was put into the bucket and is not submitted yet. Shared by all ingests; an async
    context manager."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        super().__init__(
            Puller(broker, stream=f"OBJ_{topology.UPLOADS}", consumers=[topology.UPLOADED])
        )

    async def pull(self) -> UploadedObject | None:
        """The next object, or None after about a second. Raises: BrokerUnavailable."""
        delivery = await self._puller.next()
        if delivery is None and not self._puller.consumer_answers:
            raise BrokerUnavailable(
                "the consumer of uploaded objects does not answer; it is made when a service starts"
            )
        return None if delivery is None else UploadedObject(delivery)

    async def submit(self, headers: Mapping[str, str]) -> None:
        """Puts the submission into the queue, where it is durable on return. Twice is harmless:
        one object is one job. Raises: StoreFull, BrokerUnavailable."""
        await publish(self._broker, subjects.SUBMIT, b"", headers)


def submission_headers(meta: ObjectMeta, *, entry: str) -> dict[str, str]:
    """What is attached to an object as headers of a submission. `entry`: the last part of the
    subject under which it was found. A value that cannot stand in a
    header becomes one that cannot be used either: ingest refuses it, naming the header."""
    attached = with_known_names(meta.attached())
    headers: dict[str, str] = {
        name: _as_line(attached[name])
        for name in OPTION_HEADERS
        if name in attached and name != HEADER_FILENAME
    }
    given = attached.get(HEADER_FILENAME)
    filename = _unquoted(given) if given else meta.name.rpartition("/")[2]
    headers[HEADER_FILENAME] = as_header(filename.encode("utf-8", "replace").decode())
    if HEADER_PASSWORD in attached:
        # Ingest refuses it; what it is must not spread any further.
        headers[HEADER_PASSWORD] = _LEFT_OUT
    for name in sorted(attached):
        if name.lower().startswith("ocr-") and name not in _KNOWN:
            # Likewise one that is spelled wrong; the first of them is enough.
            headers[_NO_NAME.sub("-", name[:_SHOWN_CHARS])] = _LEFT_OUT
            break
    headers.setdefault(HEADER_JOB_ID, job_id_for_key(meta.nuid))
    headers[HEADER_OBJECT] = quote(meta.name, errors="replace")
    headers[HEADER_OBJECT_ENTRY] = entry
    headers[HEADER_OBJECT_NUID] = meta.nuid
    headers[HEADER_MESSAGE_ID] = meta.nuid
    return headers


def _unquoted(filename: str) -> str:
    """A file's name as people write it, in any letters; or as other doors want it, as in a URL."""
    return (
        unquote(filename) if quote(filename, safe="%/", errors="replace") == filename else filename
    )


def _as_line(value: str) -> str:
    # A percent sign or dots are wrong in each option, so what is changed here is never used.
    line = quote(value[: _MAX_VALUE_CHARS + 1], safe=_PRINTABLE, errors="replace")
    return line if len(line) <= _MAX_VALUE_CHARS else f"{line[:_SHOWN_CHARS]}..."
