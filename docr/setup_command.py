"""`docr setup`: streams and buckets, made by an operator for services that only check."""

from typing import Final

from broker.apply_topology import apply_topology
from broker.own_permissions import own_permissions
from contracts.errors import BrokerUnsuitable
from docr.asking_broker import client_of
from docr.patience import patiently
from docr.settings import Settings
from docr.site_topology import site_topology
from docr.terminal import say

_MAKES_STREAMS: Final = "$JS.API.STREAM.CREATE.*"


async def set_up(settings: Settings) -> None:
    """Raises: BrokerUnavailable, BrokerUnsuitable, StoreFull."""
    wanted = site_topology(settings)
    async with client_of(settings) as broker:
        permissions = await own_permissions(broker)
        if permissions is not None and not permissions.may_publish(_MAKES_STREAMS):
            raise BrokerUnsuitable(
                "this user of the broker may not make streams; set NATS_CREDS to the seed of its "
                "operator (operator.nk of 'docr credentials')"
            )
        await patiently(lambda: apply_topology(broker, wanted))
    buckets = len(wanted.buckets) + len(wanted.key_values)
    say(
        f"{len(wanted.streams)} streams, {len(wanted.consumers)} consumers and {buckets} buckets "
        "are as the settings say"
    )
