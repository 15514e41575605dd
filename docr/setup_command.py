"""`docr setup`: streams and buckets, made by an operator for services that only check."""

from broker.apply_topology import apply_topology
from docr.asking_broker import client_of
from docr.patience import patiently
from docr.settings import Settings
from docr.site_topology import site_topology
from docr.terminal import say


async def set_up(settings: Settings) -> None:
    """Raises: BrokerUnavailable, BrokerUnsuitable, StoreFull."""
    wanted = site_topology(settings)
    async with client_of(settings) as broker:
        await patiently(lambda: apply_topology(broker, wanted))
    buckets = len(wanted.buckets) + len(wanted.key_values)
    say(
        f"{len(wanted.streams)} streams, {len(wanted.consumers)} consumers and {buckets} buckets "
        "are as the settings say"
    )
