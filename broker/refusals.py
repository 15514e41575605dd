"""What a broker does not let a user do, told to who asked: by itself it is silent to him."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from broker.connection import Broker
from contracts.errors import BrokerUnavailable, BrokerUnsuitable

_SUBJECT: Final = re.compile(r'violation for (\w+) to "([^"]+)"')


@contextmanager
def refusals_told(broker: Broker) -> Iterator[None]:
    """Raises: BrokerUnsuitable in place of BrokerUnavailable, alone or in a group, where a broker
    that is there has refused something; else what the body raises."""
    try:
        yield
    except (BrokerUnavailable, ExceptionGroup) as silent:
        # Each is told once only by the client, and stands for all that came after it.
        refused = sorted(each for each in broker.refused if _SUBJECT.search(each))
        others = silent.split(BrokerUnavailable)[1] if isinstance(silent, ExceptionGroup) else None
        if not refused or others is not None or not broker.client.is_connected:
            raise
        what = " to ".join(_SUBJECT.findall(refused[0])[0])
        raise BrokerUnsuitable(
            f"the broker does not let this user {what}, without which this cannot be done; set "
            "NATS_CREDS to operator.nk"
        ) from silent
