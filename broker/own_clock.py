"""How far this machine's clock is from the broker's: deadlines and ages compare the two."""

import json
from datetime import UTC, datetime, timedelta

from broker.connection import Broker
from broker.failures import in_our_words
from contracts import topology


async def clock_ahead_s(broker: Broker) -> float | None:
    """By how many seconds our clock is ahead of the broker's, to half the time of a question;
    None if the broker does not tell its time. Raises: BrokerUnavailable."""
    asked = datetime.now(UTC)
    with in_our_words("asking for the broker's time"):
        answer = await broker.client.request(f"$JS.API.STREAM.INFO.{topology.SUMMARY}", timeout=5)
    answered = datetime.now(UTC)
    told = json.loads(answer.data).get("ts")
    if not isinstance(told, str):
        return None
    # Nanoseconds, which datetime does not read.
    theirs = datetime.fromisoformat(f"{told[:26].rstrip('Z')}+00:00")
    middle = asked + (answered - asked) / 2
    return (middle - theirs) / timedelta(seconds=1)
