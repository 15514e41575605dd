"""Where the settings say that the broker is."""

from broker.connection import BrokerAddress
from docr.settings import Settings


def broker_address(settings: Settings, url: str | None = None) -> BrokerAddress:
    """`url`: of an embedded broker, which speaks no TLS, and asks nobody who he is."""
    if url is not None:
        return BrokerAddress(url=url)
    return BrokerAddress(
        url=settings.nats_url, credentials=settings.nats_creds, ca_file=settings.nats_tls_ca
    )
