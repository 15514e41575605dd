"""Whether the brokers of a cluster hold what they should hold together."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

from broker.connection import Broker
from broker.stream_copies import Copies, copies
from contracts.topology import Topology
from docr.doctor.finding import Finding, good, noted, problem

_ABOUT: Final = "copies"
# A follower is a few steps behind while messages come in; one that never is not, lags.
_LOOKS: Final = 4
_PAUSE_S: Final = 1.0
_SHOWN: Final = 3


async def look_at_copies(broker: Broker, wanted: Topology) -> AsyncIterator[Finding]:
    """Nothing of a broker that is alone. Raises: BrokerUnavailable."""
    looks = [await copies(broker, wanted)]
    while _lagging(looks) and len(looks) < _LOOKS:
        await asyncio.sleep(_PAUSE_S)
        looks.append(await copies(broker, wanted))
    for finding in judged(looks):
        yield finding


def judged(looks: Sequence[list[Copies]]) -> Iterator[Finding]:
    """What one or several looks at the same copies, one after the other, come to."""
    last = looks[-1]
    if not last:
        return
    if leaderless := [each.of for each in last if each.leader is None]:
        yield problem(
            _ABOUT,
            f"without a leader, so that nothing goes in or out: {_some(leaderless)}; most of the "
            "brokers that hold them must run and reach each other on the port of the cluster "
            "(6222): see systemctl status docr-broker on each",
        )
    lagging = _lagging(looks)
    away = {
        each.broker
        for held in last
        for each in held.followers
        if each.is_away and (held.of, each.broker) in lagging
    }
    for name in sorted(away):
        held_by = sum(name == broker for _, broker in lagging)
        yield problem(
            _ABOUT,
            f"broker {name} is silent, and with it {held_by} copies; start it, or see that the "
            "others reach it on the port of the cluster (6222): without one more, all may stand "
            "still",
        )
    yield from _those_behind({key: steps for key, steps in lagging.items() if key[1] not in away})
    if missing := [each.of for each in last if each.missing]:
        yield problem(
            _ABOUT,
            f"fewer copies than NATS_REPLICAS asks for: {_some(missing)}; start the brokers that "
            "are missing, then run docr setup",
        )
    streams = [each for each in last if each.wanted is not None]
    if streams and all(each.wanted == 1 for each in streams):
        yield noted(
            _ABOUT,
            "each stream is with one broker of the cluster only, and away when that is; set "
            "NATS_REPLICAS to 3 for all services",
        )
    elif not (leaderless or away or missing or lagging):
        yield good(_ABOUT, f"{len(last)} streams and consumers are whole with all their brokers")


def _those_behind(lagging: dict[tuple[str, str], list[int]]) -> Iterator[Finding]:
    for name in sorted({broker for _, broker in lagging}):
        of = {held: steps for (held, broker), steps in lagging.items() if broker == name}
        shown = _some([f"{held} ({steps[-1]} steps behind)" for held, steps in of.items()])
        if all(steps[-1] < steps[0] for steps in of.values()):
            yield noted(_ABOUT, f"broker {name} catches up: {shown}; stop no other one meanwhile")
        else:
            yield problem(
                _ABOUT,
                f"broker {name} lags behind: {shown}; see its log, disk, clock and network, start "
                "it anew if this stays, and stop no other one meanwhile",
            )


def _lagging(looks: Sequence[list[Copies]]) -> dict[tuple[str, str], list[int]]:
    """Copies that were behind at each look, by what of and whose: the steps each time."""
    found: dict[tuple[str, str], list[int]] = {}
    for look in looks:
        for held in look:
            for each in held.followers:
                if not each.is_current or each.behind:
                    found.setdefault((held.of, each.broker), []).append(each.behind)
    return {key: steps for key, steps in found.items() if len(steps) == len(looks)}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
