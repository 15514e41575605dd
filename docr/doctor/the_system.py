"""Checks of the running system that NATS_URL names."""

from collections.abc import AsyncIterator
from typing import Final

from broker.check_topology import forgotten
from broker.connection import Broker, without_password
from broker.dead_page_store import DeadPageStore
from broker.failures import MAKE_STREAMS
from broker.fleet import Fleet
from broker.own_clock import clock_ahead_s
from broker.queue_state import QueueState
from broker.release import release
from broker.topology_drift import drifts
from broker.waiting_work import Unserved, unserved
from contracts import topology as names
from contracts.errors import OcrError
from contracts.topology import Topology
from docr.doctor.copies import look_at_copies
from docr.doctor.finding import Finding, good, noted, problem
from docr.doctor.permissions import look_at_permissions
from docr.sentences import sentences
from docr.settings import Settings
from docr.site_topology import site_topology

# Heartbeats count as lost after 15 s; deadlines and ages are of seconds.
_CLOCKS_S: Final = 2.0
_NEARLY_FULL: Final = 0.9
_MOST_DRIFTS: Final = 5
_WHO_SERVES: Final = {names.SUBMIT: "docr ingest", f"OBJ_{names.UPLOADS}": "docr ingest"}


async def look_at_system(broker: Broker, settings: Settings) -> AsyncIterator[Finding]:
    """What is wrong between the services. Raises: BrokerUnavailable."""
    told = broker.client.connected_server_version
    version = f"{told.major}.{told.minor}.{told.patch}"
    url = without_password(settings.nats_url)
    yield good("broker", f"nats-server {version} answers at {url}")
    allowed, may_look = await look_at_permissions(broker)
    yield allowed
    if not may_look:
        return
    wanted = site_topology(settings)
    checks = settings.ocr_topology == "check"
    for about, findings in (
        ("copies", look_at_copies(broker, wanted)),
        ("topology", _compared(broker, wanted, checks=checks)),
        ("clock", _clock(broker)),
        ("store", _stores(broker)),
        ("nodes", _nodes(broker, wanted)),
        ("queues", _queues(broker, wanted)),
        ("dead pages", _dead_pages(broker)),
    ):
        async for finding in _or_why_not(about, findings):
            yield finding
            if finding.about == "topology" and finding.verdict == "note":
                return  # there is nothing yet that could be looked at


async def _or_why_not(about: str, findings: AsyncIterator[Finding]) -> AsyncIterator[Finding]:
    """What a check finds; one that cannot be made says why, and does not keep others from it."""
    try:
        async for finding in findings:
            yield finding
    except (OcrError, ExceptionGroup, TimeoutError) as wrong:
        for sentence in sentences(wrong):
            yield problem(about, sentence)


async def _compared(broker: Broker, wanted: Topology, *, checks: bool) -> AsyncIterator[Finding]:
    found = [phrase async for phrase in drifts(broker, wanted)]
    if found and all(phrase.endswith("is missing") for phrase in found) and not checks:
        yield noted(
            "topology",
            f"{len(found)} streams, buckets and consumers are missing; the first service that is "
            "started makes them",
        )
        return
    yield _topology(found, then="run docr setup" if checks else "start a service anew")


def _topology(found: list[str], *, then: str) -> Finding:
    if not found:
        return good("topology", "streams, buckets and consumers are as the settings say")
    shown = "; ".join(found[:_MOST_DRIFTS])
    more = f"; and {len(found) - _MOST_DRIFTS} more" if len(found) > _MOST_DRIFTS else ""
    return problem(
        "topology",
        f"{shown}{more}; give this command and all services the same settings, then {then}, "
        "which makes it so",
    )


async def _clock(broker: Broker) -> AsyncIterator[Finding]:
    ahead_s = await clock_ahead_s(broker)
    if ahead_s is None:
        yield noted("clock", "the broker does not tell its time; let NTP run on all machines")
        return
    text = f"{abs(ahead_s):.1f} s {'ahead of' if ahead_s >= 0 else 'behind'} the broker's"
    if abs(ahead_s) > _CLOCKS_S:
        yield problem("clock", f"{text}; deadlines and heartbeats go wrong, let NTP set it")
    else:
        yield good("clock", text)


async def _stores(broker: Broker) -> AsyncIterator[Finding]:
    stores = await QueueState(broker).stores()
    used = sum(store.used_bytes for store in stores.values())
    full = [
        f"{name} ({store.used_bytes / store.limit_bytes:.0%})"
        for name, store in stores.items()
        if store.limit_bytes and store.used_bytes > _NEARLY_FULL * store.limit_bytes
    ]
    if full:
        yield problem(
            "store",
            f"nearly full: {', '.join(full)}; raise STORE_GB, or shorten KEEP_..._DAYS",
        )
    else:
        yield good("store", f"{used / 1e6:.1f} MB used, no stream is nearly full")


async def _nodes(broker: Broker, wanted: Topology) -> AsyncIterator[Finding]:
    if names.NODES in await forgotten(broker, wanted):
        yield problem(
            "nodes",
            "whether there are any is not known: the broker was started anew, and has forgotten "
            f"bucket {names.NODES}, which was in its memory; {MAKE_STREAMS}",
        )
        return
    fleet = await Fleet(broker).status()
    lost = [each.name for each in fleet.workers if each.status == "lost"]
    others = sorted({each.version for each in fleet.workers} - {release()})
    if not fleet.workers:
        yield problem("nodes", "there is no node; start docr node on a machine that shall read")
    elif fleet.healthy_workers == 0:
        yield problem("nodes", f"none of {fleet.total_workers} nodes is healthy; see docr nodes")
    else:
        yield good("nodes", f"{fleet.healthy_workers} of {fleet.total_workers} are healthy")
    if lost:
        yield problem("nodes", f"silent: {', '.join(lost)}; look at their machines and logs")
    if others:
        yield noted(
            "nodes", f"other releases run: {', '.join(others)}; bring all to {release()} soon"
        )


async def _queues(broker: Broker, wanted: Topology) -> AsyncIterator[Finding]:
    for each in await unserved(broker, wanted):
        yield problem("queues", _nobody_asks(each))


def _nobody_asks(each: Unserved) -> str:
    if each.stream == names.PAGES:
        script = each.consumer.partition("_")[2]
        return (
            f"{each.messages} pages in script {script} wait, and no node asks for them; start a "
            "node that reads it (docs/languages.md)"
        )
    service = _WHO_SERVES.get(each.stream, "docr aggregator")
    return (
        f"{each.messages} messages wait in {each.stream}, and nobody asks for them; start {service}"
    )


async def _dead_pages(broker: Broker) -> AsyncIterator[Finding]:
    dead = await DeadPageStore(broker).all_of()
    if dead:
        yield noted(
            "dead pages",
            f"{len(dead)} pages were given up; docr dead list says why, docr dead replay reads "
            "them again",
        )
    else:
        yield good("dead pages", "none")
