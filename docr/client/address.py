"""Where the system is that a client speaks to."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from contracts.errors import InvalidOption

DEFAULT_URL: Final = "nats://127.0.0.1:4222"
_HTTP: Final = ("http://", "https://")
# nats-py takes an address without a scheme, too.
_NATS: Final = ("nats://", "tls://", "ws://", "wss://")


@dataclass(frozen=True, kw_only=True)
class Address:
    """`api_key`: for a gateway; `creds`: the path of a .creds file or an nkey seed, `ca_file` that
    of a CA, for a broker; or empty."""

    kind: Literal["nats", "http"]
    url: str
    api_key: str = field(default="", repr=False)
    creds: str = ""
    ca_file: Path | None = None


def address_of(
    url: str | None = None, api_key: str | None = None, creds: str | None = None
) -> Address:
    """What is not given comes from OCR_URL, else NATS_URL, from OCR_API_KEY, NATS_CREDS and
    NATS_TLS_CA.

    Raises: InvalidOption for a URL that is neither a broker's nor a gateway's.
    """
    known = os.environ
    url = url or known.get("OCR_URL") or known.get("NATS_URL") or DEFAULT_URL
    url = url.strip()
    if url.startswith(_HTTP):
        key = api_key if api_key is not None else known.get("OCR_API_KEY", "")
        if not (key.isascii() and (not key or key.isprintable())):
            raise InvalidOption(
                "the API key holds characters that no key has; give it as it stands in "
                "OCR_API_KEYS of the gateway, without its name"
            )
        return Address(kind="http", url=url.rstrip("/"), api_key=key)
    if "://" in url and not url.startswith(_NATS):
        raise InvalidOption(
            f"{url[:80]!r} is no address of the system; give nats://HOST:4222 of a broker, or "
            "http://HOST:8000 of a gateway (--url, OCR_URL, NATS_URL)"
        )
    return Address(
        kind="nats",
        url=url,
        creds=creds if creds is not None else known.get("NATS_CREDS", ""),
        ca_file=Path(ca).expanduser() if (ca := known.get("NATS_TLS_CA", "")) else None,
    )
