"""A password sealed by an ingest: who hands in a document straight to the broker has no key."""

import json
from typing import Final

import nats.errors

from broker.connection import Broker
from broker.failures import in_our_words
from contracts.errors import BrokerUnavailable, PasswordRefused

SUBJECT: Final = "ocr.jobs.seal"
_ERROR: Final = "Nats-Service-Error"
_ANSWER_S: Final = 5.0


async def seal_by_service(broker: Broker, password: str) -> str:
    """The password as it may be stored. A request is stored by nobody.

    Raises: PasswordRefused if the system has no key for it; BrokerUnavailable.
    """
    with in_our_words("sealing a password"):
        try:
            answer = await broker.client.request(SUBJECT, password.encode(), timeout=_ANSWER_S)
        except nats.errors.NoRespondersError:
            raise BrokerUnavailable(
                "no ingest answers, which has to seal the password; see that one runs, and try "
                "again"
            ) from None
    if (answer.headers or {}).get(_ERROR):
        raise PasswordRefused(json.loads(answer.data)["error"])
    sealed: str = json.loads(answer.data)["sealed"]
    return sealed
