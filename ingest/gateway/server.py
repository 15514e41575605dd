"""The gateway as a service: it listens, and hangs up on clients that dawdle."""

import asyncio
import contextlib
import ipaddress
import re
import ssl
from asyncio import TimerHandle, Transport
from typing import Any, Final

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from broker.connection import Broker
from contracts.errors import InvalidOption
from ingest.gateway.app import application
from ingest.gateway.observed import Observed
from ingest.gateway.parts import GatewaySettings, Parts

log = structlog.get_logger(__name__)

# Beyond that many connections at once, new ones are answered with 503.
_MOST_CONNECTIONS: Final = 2000
_STOP_GRACE_S: Final = 5
# An offer of another protocol, as Java's client and curl --http2 make it: the parser would stop at
# it and lose the body. It is declined, and the request served.
_UPGRADE: Final = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
# Of one request; and of what came with its headers, which is a piece of the body at the most.
_MOST_HEADER_BYTES: Final = 64 * 1024 + 256 * 1024


class GatewayService:
    """Serves HTTP until it is told to stop."""

    def __init__(self, broker: Broker, settings: GatewaySettings) -> None:
        if not _is_loopback(settings.host) and not settings.keys.are_settled:
            raise InvalidOption(
                f"the gateway would listen on {settings.host} without any key; set OCR_API_KEYS to "
                "name:key, or OCR_AUTH=off if everybody who reaches it may use it"
            )
        self._broker = broker
        self._settings = settings

    async def run(self, stop: asyncio.Event) -> None:
        """Listens until `stop` is set; what is being answered has a moment to end.

        Raises: InvalidOption if it cannot listen there.
        """
        parts = Parts(self._broker, self._settings)
        server = _Server(self._config(parts))
        hub = asyncio.create_task(parts.hub.run())
        counting = asyncio.create_task(parts.metrics.run())
        looking = asyncio.create_task(parts.history.run())
        serving = asyncio.create_task(server.serve())
        halt = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait(
                {serving, halt, hub, counting, looking}, return_when=asyncio.FIRST_COMPLETED
            )
            for task in (hub, counting, looking):
                if task.done():
                    task.result()
            server.should_exit = True
            await serving
        finally:
            tasks: set[asyncio.Task[Any]] = {hub, counting, looking, halt, serving}
            for each in tasks:
                each.cancel()
            await asyncio.wait(tasks)
            await parts.pictures.stop()

    def _config(self, parts: Parts) -> uvicorn.Config:
        settings = self._settings
        try:
            config = uvicorn.Config(
                Observed(application(parts), parts.metrics.counts),
                host=settings.host,
                port=settings.port,
                http=_protocol(settings.idle_timeout_s),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_keep_alive=int(settings.idle_timeout_s),
                timeout_graceful_shutdown=_STOP_GRACE_S,
                ssl_certfile=settings.tls_cert_file,
                ssl_keyfile=settings.tls_key_file,
            )
            config.load()
        except (OSError, ssl.SSLError) as wrong:
            raise InvalidOption(
                f"the certificate cannot be used ({wrong}); see that TLS_CERT_FILE and "
                "TLS_KEY_FILE are PEM files that belong together"
            ) from None
        return config


def _is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches that address; a name is looked up by nobody here."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Server(uvicorn.Server):
    """Leaves signals to the process that it is part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield

    async def startup(self, sockets: Any = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            raise InvalidOption(
                f"the gateway cannot listen on {self.config.host}:{self.config.port}; another "
                "process has that port, or the address is not this machine's: set "
                "COORDINATOR_HOST and COORDINATOR_PORT"
            ) from None
        if self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            scheme = "https" if self.config.is_ssl else "http"
            log.info("gateway listens", address=f"{scheme}://{host}:{port}", port=port)


def _protocol(idle_s: float) -> type[HttpToolsProtocol]:
    """HTTP for clients that get on: who needs longer than `idle_s` for its headers, or sends
    nothing for as long while we wait for the rest of its request, is hung up on."""

    class Impatient(HttpToolsProtocol):
        _patience: TimerHandle | None = None
        _header_bytes = 0
        _in_headers = True

        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait_anew()

        def data_received(self, data: bytes) -> None:
            if self._in_headers:
                self._header_bytes += len(data)
                head, end, rest = data.partition(b"\r\n\r\n")
                data = _UPGRADE.sub(b"\r\nx-declined:", head) + end + rest
            super().data_received(data)
            if self._in_headers and self._header_bytes > _MOST_HEADER_BYTES:
                log.info("a client with too many headers is hung up on")
                self.transport.close()
            elif not self._in_headers:
                # Within the headers, no byte buys more time.
                self._wait_anew()

        def on_headers_complete(self) -> None:
            self._in_headers = False
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            super().on_message_complete()
            # What comes next begins with headers.
            self._in_headers, self._header_bytes = True, 0
            # From here on the client waits for us.
            self._stop_waiting()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _wait_anew(self) -> None:
            self._stop_waiting()
            if self._awaits_more():
                self._patience = self.loop.call_later(idle_s, self._give_up)

        def _awaits_more(self) -> bool:
            cycle = self.cycle
            if cycle is None or cycle.response_complete:
                return True
            # A client that may not send, since we have not taken what it sent, is not slow.
            return bool(cycle.more_body) and not self.flow.read_paused

        def _give_up(self) -> None:
            if not self._awaits_more():
                self._wait_anew()
                return
            log.info("a client that sends nothing is hung up on")
            if not self.transport.is_closing():
                self.transport.close()

        def _stop_waiting(self) -> None:
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None

    return Impatient
