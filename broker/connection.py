"""The connection to the broker, and the check that the broker is one we can trust pages to."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js import JetStreamContext

from broker import web_sockets
from broker.credentials import connect_options
from broker.failures import in_our_words
from broker.sturdy_client import HeaderLines, SturdyClient
from broker.tls import tls_options
from contracts.errors import BrokerUnavailable, BrokerUnsuitable

log = structlog.get_logger(__name__)

# 2.10.22 lost streams when its process was killed.
MIN_VERSION: Final = (2, 10, 23)
# nats-py checks max_payload without counting headers; over the limit the server hangs up for good.
HEADER_ROOM_BYTES: Final = 8 * 1024
_PENDING_BYTES: Final = 64 * 1024 * 1024
_NEXT_ATTEMPT_S: Final = 0.5
_SHORTEST_ATTEMPT_S: Final = 2.0
# nats-py's own patience of 10 s would leave time for one attempt only.
_FIRST_ANSWER_S: Final = 3.0
# As it stands in what the broker says of who may not ask whether JetStream answers.
_ASKING: Final = "$js.api.info"
_HUNG_UP: Final = (BrokenPipeError, ConnectionResetError)
# nats-server's error codes: JetStream is off, for this server or for this account.
_NOT_ENABLED: Final = frozenset({10076, 10039})


@dataclass(frozen=True, kw_only=True)
class BrokerAddress:
    """Where the broker is, or several of one cluster, with commas. `credentials`: path of a .creds
    file or an nkey seed, or empty. `ca_file`: of the CA that signed the broker's certificate; with
    it, or with tls:// in the url, nothing is said to a broker without TLS."""

    url: str
    credentials: str = ""
    ca_file: Path | None = None

    def servers(self) -> list[str]:
        """Each address by itself."""
        return [each.strip() for each in self.url.split(",") if each.strip()]


class Broker:
    """An open connection. Made by `Broker.connect`; an async context manager that closes it."""

    def __init__(self, *, client: Client) -> None:
        self.client = client
        self.jetstream: JetStreamContext = client.jetstream(timeout=10)
        self.jetstream._hdr_parser = HeaderLines()  # type: ignore[assignment]
        self.closing = False
        # What the broker did not let this user do so far, in its words.
        self.refused: set[str] = set()
        # Whether somebody else tells of refusals (broker.refusals), so that the log need not.
        self.quiet = False
        self.lost = asyncio.Event()  # set when the connection is closed for good
        # Set whenever the connection has come back: the broker may have been started anew.
        self.back = asyncio.Event()

    @classmethod
    async def connect(
        cls, address: BrokerAddress, *, name: str, wait_s: float = 10.0, quiet: bool = False
    ) -> Self:
        """Connects, trying for `wait_s` seconds; afterwards it reconnects by itself for ever.
        `quiet`: refusals are told by `broker.refusals`, not by the log.

        Raises: BrokerUnavailable, BrokerUnsuitable.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + wait_s
        attempt_s = wait_s
        while True:
            broker = await cls._connect_once(address, name=name, wait_s=attempt_s, quiet=quiet)
            try:
                await broker._check_server(without_password(address.url))
            except BrokerUnavailable:
                # Brokers that elect a leader do not answer for a moment, and one that is cut off
                # from the others does not at all: the next attempt may find another one.
                await broker.close()
                if clock() > until:
                    raise
                await asyncio.sleep(_NEXT_ATTEMPT_S)
                attempt_s = max(_SHORTEST_ATTEMPT_S, until - clock())
            except BaseException:
                await broker.close()
                raise
            else:
                return broker

    @classmethod
    async def _connect_once(
        cls, address: BrokerAddress, *, name: str, wait_s: float, quiet: bool
    ) -> Self:
        """A connection to a broker of which nothing is known yet."""
        holder: list[Broker] = []
        last_error = "it does not answer"

        refused: set[str] = set()

        async def on_error(error: Exception) -> None:
            nonlocal last_error
            if isinstance(error, _HUNG_UP) and "authorization" in last_error.lower():
                return  # it has said why, then hung up
            last_error = str(error) or type(error).__name__
            if "permissions violation" in last_error.lower() and last_error not in refused:
                # Whoever asked is told by a time-out only.
                refused.add(last_error)
                is_told = holder[0].quiet if holder else quiet
                (log.debug if is_told else log.error)(
                    "the broker does not allow this; see that NATS_CREDS is the seed of this "
                    "service's role, and users.conf that of this release",
                    connection=name,
                    refused=last_error,
                )
            log.debug("broker connection", error=last_error)

            if "authorization violation" in last_error.lower() and holder and "key" not in refused:
                refused.add("key")
                log.error(
                    "the broker does not accept this key any more; put the newest seed where "
                    "NATS_CREDS points, it is read again at each attempt",
                    connection=name,
                )

        async def on_disconnect() -> None:
            if not (holder and holder[0].closing):
                log.warning("connection to the broker lost, reconnecting", connection=name)

        async def on_reconnect() -> None:
            log.info("connection to the broker is back", connection=name)
            refused.discard("key")
            if holder:
                holder[0].back.set()

        async def on_closed() -> None:
            if holder:
                holder[0].lost.set()

        options = {
            **connect_options(address.credentials),
            **tls_options(address.servers(), address.ca_file),
        }
        web_sockets.bring_in(address.servers())
        client = SturdyClient()
        try:
            # With reconnects without end, nats-py tries for ever the first time too.
            async with asyncio.timeout(wait_s):
                await client.connect(
                    address.servers(),
                    name=name,
                    **options,
                    connect_timeout=2,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,  # type: ignore[arg-type] # s, fractions work
                    # A broker that is frozen, or cut off without a word, is left after 15 to 20 s.
                    # Not sooner: on a slow line an answer waits behind pages.
                    ping_interval=5,
                    max_outstanding_pings=3,
                    pending_size=_PENDING_BYTES,
                    error_cb=on_error,
                    disconnected_cb=on_disconnect,
                    reconnected_cb=on_reconnect,
                    closed_cb=on_closed,
                )
        except (nats.errors.Error, OSError, TimeoutError, ValueError) as broken:
            await client.close()
            raise _no_connection(address, last_error) from broken
        except BaseException:
            await client.close()
            raise
        broker = cls(client=client)
        broker.refused = refused
        broker.quiet = quiet
        holder.append(broker)
        return broker

    async def _check_server(self, url: str) -> None:
        version = self.client.connected_server_version
        found = (version.major, version.minor, version.patch)
        if found < MIN_VERSION:
            raise BrokerUnsuitable(
                f"the broker at {url} is nats-server {'.'.join(map(str, found))}, which can lose "
                f"pages when it is killed; install {'.'.join(map(str, MIN_VERSION))} or newer"
            )
        try:
            async with asyncio.timeout(_FIRST_ANSWER_S):
                await self.answers()
        except (BrokerUnavailable, TimeoutError) as silent:
            if any(_ASKING in each.lower() for each in self.refused):
                raise BrokerUnsuitable(
                    f"the broker at {url} does not let this user ask for JetStream, without which "
                    "nothing of docr works; set NATS_CREDS to operator.nk, or for a service to the "
                    "seed of its role"
                ) from silent
            refused = getattr(silent.__cause__, "err_code", None)
            if refused in _NOT_ENABLED or not self.client._server_info.get("jetstream"):
                raise BrokerUnsuitable(
                    f"the broker at {url} has no JetStream; start it with nats-server.conf"
                ) from silent
            raise BrokerUnavailable(
                f"the broker at {url} is there, and its JetStream does not "
                "answer; of three brokers, two must run and reach each other"
            ) from silent

    async def answers(self) -> None:
        """Returns once the broker has answered. Raises: BrokerUnavailable."""
        if not self.client.is_connected:
            raise BrokerUnavailable("the connection to the broker is lost; see that it runs")
        with in_our_words("asking for JetStream"):
            await self.jetstream.account_info()

    @property
    def max_message_bytes(self) -> int:
        """The largest payload that is safe to publish, in bytes."""
        return self.client.max_payload - HEADER_ROOM_BYTES

    async def close(self) -> None:
        """Closes without draining: drain can hang on a pull that was given up."""
        self.closing = True
        try:
            await self.client.close()
        except Exception as odd:
            # nats-py trips over its own feet when it is closed while it reconnects.
            log.debug("the connection did not close in good order", error=type(odd).__name__)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def without_password(url: str) -> str:
    """Addresses as they may be shown: with neither user nor password."""
    return re.sub(r"(://)[^/@,]*@", r"\1", url)


def _no_connection(address: BrokerAddress, reason: str) -> BrokerUnavailable:
    url = without_password(address.url)
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        said = reason.partition("CERTIFICATE_VERIFY_FAILED]")[2].partition("(_ssl")[0].strip()
        return BrokerUnavailable(
            f"the certificate of the broker at {url} is not trusted ({said}); set NATS_TLS_CA to "
            "the certificate of the CA that signed it, and NATS_URL to an address that it names"
        )
    if "authorization" in reason.lower():
        return BrokerUnavailable(
            f"the broker at {url} refuses this user; set NATS_CREDS to a .creds "
            "file or nkey seed that it accepts, or put user and password into NATS_URL"
        )
    return BrokerUnavailable(
        f"no broker answers at {url} ({reason}); start nats-server with "
        "nats-server.conf, or set NATS_URL to where it runs"
    )
