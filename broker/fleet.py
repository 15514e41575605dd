"""Heartbeats of nodes: KV NODES, in the broker's memory."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Final

import nats.errors
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from broker.connection import Broker
from broker.failures import in_our_words
from broker.stream_subjects import subjects_of
from contracts import topology
from contracts.fleet import FleetStatus, NodeReport, fleet_status

_STREAM = f"KV_{topology.NODES}"
_PREFIX = f"$KV.{topology.NODES}."
# Heartbeats are asked for one by one, so many of them at a time.
_AT_ONCE = 64
# A node that stops does not wait longer to be taken off the list.
_LEAVING_S: Final = 2.0


class Fleet:
    """The nodes, by what they tell."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def report(self, report: NodeReport) -> None:
        """Tells that a node lives. Best effort: the next heartbeat comes in a moment."""
        if not self._broker.client.is_connected:
            return  # an old heartbeat is worth nothing, and would wait among messages that are
        with contextlib.suppress(nats.errors.Error):
            await self._broker.client.publish(
                f"{_PREFIX}{report.name}.{report.instance}", report.model_dump_json().encode()
            )

    async def leave(self, report: NodeReport) -> None:
        """Takes a node that stops off the list. Best effort: it shows as lost otherwise."""
        if not self._broker.client.is_connected:
            return
        # As key-value clients remove a key. A purge would leave no mark, but who may purge the list
        # may take others off it too.
        with contextlib.suppress(nats.errors.Error, TimeoutError):
            async with asyncio.timeout(_LEAVING_S):
                await self._broker.client.publish(
                    f"{_PREFIX}{report.name}.{report.instance}", headers={"KV-Operation": "DEL"}
                )
                await self._broker.client.flush()

    async def status(self) -> FleetStatus:
        """All nodes of the last hour. Raises: BrokerUnavailable."""
        try:
            subjects = list(
                await subjects_of(self._broker, _STREAM, f"{_PREFIX}>", doing="listing nodes")
            )
        except NotFoundError:  # in memory, and the broker has just been started again
            return fleet_status([])
        reports: list[tuple[NodeReport, float]] = []
        for begin in range(0, len(subjects), _AT_ONCE):
            some = subjects[begin : begin + _AT_ONCE]
            found = await asyncio.gather(*(self._heartbeat(subject) for subject in some))
            reports += [each for each in found if each is not None]
        return fleet_status(reports)

    async def _heartbeat(self, subject: str) -> tuple[NodeReport, float] | None:
        """A node's last one, and its age in s; None for what is gone, or not ours."""
        with in_our_words("reading a heartbeat"):
            try:
                found = await self._broker.jetstream.get_last_msg(_STREAM, subject, direct=True)
            except NotFoundError:
                return None
        try:
            report = NodeReport.model_validate_json(found.data or b"")
        except ValidationError:
            return None
        # By the broker's clock and ours: those of two machines differ less than it matters.
        return report, (datetime.now(UTC) - (found.time or report.sent_at)).total_seconds()
