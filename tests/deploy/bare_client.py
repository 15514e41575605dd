"""A client of the broker that is nothing but a key: for trying what that key may do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext

from nats.aio.client import Client


@asynccontextmanager
async def bare_client(
    url: str, seed: Path, *, tls: SSLContext | None = None
) -> AsyncIterator[tuple[Client, list[str]]]:
    """The client, and what the broker has said against it, in small letters."""
    said: list[str] = []

    async def on_error(error: Exception) -> None:
        said.append(str(error).lower())

    client = Client()
    try:
        await client.connect(
            url, nkeys_seed=str(seed), tls=tls, error_cb=on_error, allow_reconnect=False
        )
        yield client, said
    finally:
        await client.close()  # one that was refused, too: nats-py leaves its connection open
