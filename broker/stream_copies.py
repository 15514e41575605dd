"""Where the brokers of a cluster hold the copies of streams and consumers, and how these do."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import nats.errors
from nats.js import api
from nats.js.errors import APIError, NotFoundError, ServiceUnavailableError

from broker.connection import Broker
from broker.failures import in_our_words
from contracts.topology import Topology

# A follower answers its leader every second, several times where there is work.
_SILENT_NS: Final = 5_000_000_000
# nats-server: the one copy that there is lies with a broker that is away.
_OFFLINE: Final = frozenset({10118, 10119})


@dataclass(frozen=True, kw_only=True)
class Follower:
    """The copy of a broker that does not lead. `behind`: steps that the leader has and it has not;
    `is_current`: it keeps up, as the leader sees it; `is_away`: the leader hears nothing of it."""

    broker: str
    is_current: bool
    is_away: bool
    behind: int


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Of one stream or consumer. `leader`: None if nobody answers for it, and nothing goes in or
    out. `wanted`: how many copies it should have, the leader's included; None: not known."""

    of: str
    leader: str | None
    wanted: int | None = None
    followers: tuple[Follower, ...] = ()

    @property
    def missing(self) -> int:
        """Copies that no broker has been given."""
        if self.leader is None or self.wanted is None:
            return 0
        return max(self.wanted - 1 - len(self.followers), 0)


async def copies(broker: Broker, topology: Topology) -> list[Copies]:
    """Of all that is there, in the topology's order; nothing of a broker that is alone.

    Raises: BrokerUnavailable.
    """
    jetstream = broker.jetstream
    streams = [each.name for each in topology.streams]
    streams += [f"OBJ_{each.name}" for each in topology.buckets]
    streams += [f"KV_{each.name}" for each in topology.key_values]

    async def stream(name: str) -> tuple[api.ClusterInfo | None, int | None]:
        info = await jetstream.stream_info(name)
        return info.cluster, info.config.num_replicas

    async def consumer(of: str, name: str) -> tuple[api.ClusterInfo | None, int | None]:
        # Its number of copies is its stream's, which it does not tell.
        return (await jetstream.consumer_info(of, name)).cluster, None

    found = await asyncio.gather(
        *(_look(name, lambda name=name: stream(name)) for name in streams),  # type: ignore[misc]
        *(
            _look(
                f"{each.name} of {each.stream}",
                lambda each=each: consumer(each.stream, each.name),  # type: ignore[misc]
            )
            for each in topology.consumers
        ),
    )
    return [each for each in found if each is not None]


async def _look(
    of: str, ask: Callable[[], Awaitable[tuple[api.ClusterInfo | None, int | None]]]
) -> Copies | None:
    with in_our_words("looking at the copies of streams"):
        try:
            cluster, wanted = await ask()
        except NotFoundError:
            return None
        except (ServiceUnavailableError, nats.errors.TimeoutError):
            return Copies(of=of, leader=None)
        except APIError as refused:
            if refused.code == 503 or refused.err_code in _OFFLINE:
                return Copies(of=of, leader=None)
            raise
    # A broker alone names itself as the leader, of no cluster.
    if cluster is None or not cluster.name:
        return None
    return Copies(
        of=of,
        leader=cluster.leader or None,
        wanted=wanted,
        followers=tuple(_follower(each) for each in cluster.replicas or ()),
    )


def _follower(peer: api.PeerInfo) -> Follower:
    # `offline` comes late, or never; 0: this leader has never heard of it.
    is_silent = not peer.current and (not peer.active or peer.active > _SILENT_NS)
    return Follower(
        broker=peer.name or "?",
        is_current=bool(peer.current),
        is_away=bool(peer.offline) or is_silent,
        behind=peer.lag or 0,
    )
