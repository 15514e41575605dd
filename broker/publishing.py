"""Publishing that is known to be stored: every publish waits for its PubAck."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import nats.js.errors
import structlog

from broker.connection import Broker
from broker.failures import MESSAGE_NOT_FOUND, WRONG_LAST_SEQUENCE, in_our_words
from contracts.errors import BrokerUnavailable, PermanentError, StoreFull
from contracts.option_headers import HEADER_OBJECT

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 1.0
_TELL_EVERY_S = 30.0


class Stored(NamedTuple):
    """Where a message is stored. `duplicate`: it was there already, by its Nats-Msg-Id."""

    sequence: int
    duplicate: bool


class MessageTooLarge(PermanentError):
    """The payload would make the server hang up."""


async def publish(
    broker: Broker, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
) -> Stored:
    """Stores one message.

    Raises: MessageTooLarge, StoreFull, BrokerUnavailable (it may have been stored all the same:
    try again only under the same identity).
    """
    if len(payload) > broker.max_message_bytes:
        raise MessageTooLarge(
            f"a message of {len(payload)} bytes is over the broker's limit of "
            f"{broker.max_message_bytes}; raise max_payload, or lower the dpi"
        )
    with in_our_words(f"publishing to {subject}"):
        # A copy: js.publish adds to the dict that it is given.
        ack = await broker.jetstream.publish(
            subject, payload, timeout=10, headers=dict(headers) if headers else None
        )
    return Stored(sequence=ack.seq, duplicate=bool(ack.duplicate))


async def names_object(broker: Broker, stream: str, sequence: int, name: str) -> bool:
    """Whether a stored message names this object in its header Ocr-Object, or may: it is gone.

    Of a publish that was taken for a double, this tells whose object the one before it names: it
    may have been ours, its PubAck lost. Raises: BrokerUnavailable.
    """
    with in_our_words(f"looking at a message of {stream}"):
        try:
            message = await broker.jetstream.get_msg(stream, sequence)
        except nats.js.errors.NotFoundError:
            return True
    return (message.headers or {}).get(HEADER_OBJECT) == name


async def delete_message(broker: Broker, stream: str, sequence: int) -> bool:
    """Removes one message of a stream; False if it was gone already. Raises: BrokerUnavailable."""
    with in_our_words(f"removing a message of {stream}"):
        try:
            await broker.jetstream.delete_msg(stream, sequence)
        except nats.js.errors.NotFoundError:
            return False
        except nats.js.errors.APIError as refused:
            if refused.err_code in MESSAGE_NOT_FOUND:
                return False
            raise
    return True


async def publish_when_possible(
    broker: Broker,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    give_up_after_s: float | None = None,
) -> Stored:
    """`publish`, waiting while the stream is full or the broker away; that is the backpressure.

    Retries keep the message's identity (its Nats-Msg-Id or expected sequence), so give one.
    Raises: what `publish` raises, once `give_up_after_s` is over; never if that is None.
    """
    clock = asyncio.get_running_loop().time
    started = told = clock()
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return await publish(broker, subject, payload, headers)
        except (StoreFull, BrokerUnavailable) as wait:
            if give_up_after_s is not None and clock() - started > give_up_after_s:
                raise
            log.debug("publish waits", subject=subject, reason=str(wait))
            if clock() - told > _TELL_EVERY_S:
                told = clock()
                log.warning("still waiting to publish", subject=subject, reason=str(wait))
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


async def publish_first(
    broker: Broker,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str] | None = None,
) -> bool:
    """Stores the message if its subject is still empty: the first writer wins, for ever.

    Returns False if one was there before: another's, or this one, whose PubAck was lost. Which of
    the two is not asked, for who may not read what others wrote. Raises: what
    `publish_when_possible` raises.
    """
    return await _stored_behind(broker, subject, payload, headers, after=0)


async def publish_next(
    broker: Broker,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    after: int,
    give_up_after_s: float | None = None,
) -> bool:
    """Stores the message if the last one of its subject has stream sequence `after` (0: none).

    Returns True if this message is the one, False if another was there before. A message whose
    PubAck was lost is sent again and refused like another's: what is stored tells the two apart, so
    give payloads that nobody else would write. Raises: what `publish_when_possible` raises.
    """
    if await _stored_behind(
        broker, subject, payload, headers, after=after, give_up_after_s=give_up_after_s
    ):
        return True
    return await _last_payload(broker, subject) == payload


async def _stored_behind(
    broker: Broker,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str] | None,
    *,
    after: int,
    give_up_after_s: float | None = None,
) -> bool:
    """Stores the message behind the one of stream sequence `after`; False if another one, or this
    one already, is the last of its subject."""
    try:
        await publish_when_possible(
            broker,
            subject,
            payload,
            {**(headers or {}), "Nats-Expected-Last-Subject-Sequence": str(after)},
            give_up_after_s=give_up_after_s,
        )
    except nats.js.errors.APIError as refused:
        if refused.err_code != WRONG_LAST_SEQUENCE:
            raise
        return False
    return True


async def _last_payload(broker: Broker, subject: str) -> bytes | None:
    """What is stored last under a subject, None if nothing is; asked for until it is answered."""
    while True:
        try:
            with in_our_words(f"reading what is stored under {subject}"):
                stream = await broker.jetstream.find_stream_name_by_subject(subject)
                found = await broker.jetstream.get_last_msg(stream, subject)
        except nats.js.errors.NotFoundError:
            return None
        except BrokerUnavailable as wait:
            log.debug("reading waits", subject=subject, reason=str(wait))
            await asyncio.sleep(_LONGEST_PAUSE_S)
        else:
            return found.data or b""
