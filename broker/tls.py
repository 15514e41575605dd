"""TLS to the broker: whose certificate is trusted."""

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.errors import BrokerUnsuitable


def tls_options(servers: Sequence[str], ca_file: Path | None) -> dict[str, Any]:
    """What nats-py's `connect` gets: a context for a file of setting NATS_TLS_CA, or for addresses
    with tls:// one that trusts the CAs of this machine; otherwise nothing.

    Raises: BrokerUnsuitable for a file that holds no certificate.
    """
    if ca_file is None and not any(each.startswith("tls://") for each in servers):
        return {}
    try:
        return {"tls": ssl.create_default_context(cafile=str(ca_file) if ca_file else None)}
    except (OSError, ssl.SSLError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) and wrong.errno else "no PEM in it"
        raise BrokerUnsuitable(
            f"NATS_TLS_CA names {ca_file}, which cannot be used ({reason}); name the ca.pem that "
            "deploy/nats/make_ca.sh made"
        ) from None
