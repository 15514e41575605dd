"""nats-py's client, made to live through messages that it cannot parse, and to stop when told.

Servers pass headers on as they came, and store them so. What nats-py raises over one ends its
reading loop without a word: the process is deaf until its pings go unanswered, reconnects, and is
given the same message again.
"""

import asyncio
from typing import Any

import nats.aio.client
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

log = structlog.get_logger(__name__)

# nats-py reads 32 KB at a time: a page would wake its reading loop fifteen times and more.
nats.aio.client.DEFAULT_BUFFER_SIZE = 1024 * 1024


class SturdyClient(Client):
    """A Client for which no message is deadly, and no cancellation lost."""

    async def _flush_pending(self, force_flush: bool = False) -> Any:
        """Where nats-py takes a cancellation for the end of its own waiting, and says nothing: who
        was told to stop, or whose time is up, would go on for ever."""
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        result = await super()._flush_pending(force_flush)
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError
        return result

    async def _process_pong(self) -> None:
        # Who waited for it may have been cancelled: nats-py's reading loop ends over that.
        if self._pongs and self._pongs[0].done():
            self._pongs[0] = asyncio.get_running_loop().create_future()
        await super()._process_pong()

    def _connect_command(self) -> bytes:
        """Nothing is said in clear to a broker that should speak TLS; and keys are read anew for
        each connection, so that a new one needs no restart of ours."""
        if self.options.get("tls") is not None and not self._server_info.get("tls_required"):
            raise nats.errors.Error("the broker does not speak TLS, and it must")
        if self._nkeys_seed is not None:
            try:
                self._setup_nkeys_connect()
            except Exception as unreadable:  # the library raises what it likes
                raise nats.errors.Error(
                    f"the seed in {self._nkeys_seed} cannot be read"
                ) from unreadable
        return super()._connect_command()

    async def _process_err(self, err_msg: str) -> None:
        """Whose key counts no more is cut off by the server, and may have a new one by now; where
        nats-py gives up for good."""
        if "authorization violation" in err_msg.lower() and self.is_connected:
            await self._error_cb(nats.errors.AuthorizationError())
            await self._process_op_err(nats.errors.AuthorizationError())
            return
        await super()._process_err(err_msg)

    def _fail_what_waits(self) -> None:
        """What was asked for on a connection that has ended is never answered, where nats-py waits
        out each time-out; whether it was done, nobody knows."""
        for answer in (*self._resp_map.values(), *self._pongs):
            if not answer.done():
                answer.set_exception(nats.errors.ConnectionClosedError())
                # Looked at: of a question that could not be sent, nobody waits for the answer.
                answer.exception()

    async def _attempt_reconnect(self) -> None:
        self._fail_what_waits()
        await super()._attempt_reconnect()

    async def _close(self, status: int, do_cbs: bool = True) -> None:
        self._fail_what_waits()
        await super()._close(status, do_cbs)

    async def _connect_to_server(self, server: Any) -> None:
        # An attempt that came as far as a connection, and no further, leaves it open.
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]
        await super()._connect_to_server(server)

    async def _process_headers(self, headers: bytes) -> dict[str, str] | None:
        try:
            found: dict[str, str] | None = await super()._process_headers(headers)
        except Exception as wrong:
            # Without its headers the message still reaches whoever settles it.
            log.warning("headers that cannot be read were left out", error=type(wrong).__name__)
            return None
        if found and "Nats-Sequence" in found:
            # A stored message that is read: what its writer called a status is none of the
            # server's, which nats-py would take it for.
            found.pop("Status", None)
        return found

    def _build_message(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: dict[str, str] | None
    ) -> Msg:
        # A subject need not be text. What stands for it is no subject of ours, and is removed.
        readable = subject.decode("utf-8", "replace").encode()
        return super()._build_message(sid, readable, reply, data, headers)  # type: ignore[no-any-return]

    async def _process_msg(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes
    ) -> None:
        try:
            await super()._process_msg(sid, subject, reply, data, headers)
        except Exception as wrong:
            log.warning("a message that cannot be read was left out", error=type(wrong).__name__)


class HeaderLines:
    """Reads the headers of stored messages as those of delivered ones are read. nats-py has an
    e-mail parser there, whose values are no text where they are not ASCII."""

    def parsebytes(self, raw: bytes) -> dict[str, str]:
        return dict(Client._parse_header_lines(raw))
