"""The connection that services share: what is set up on it, and what cannot be."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from broker.apply_topology import apply_topology
from broker.connection import Broker
from broker.roles import AGGREGATOR, INGEST, NODE
from contracts.errors import BrokerUnavailable, BrokerUnsuitable
from contracts.topology import Topology
from docr import broker_memory, services
from docr.settings import load_settings
from docr.site_topology import site_topology
from tests.docr.commands import docr
from tests.waiting import wait_until


async def test_a_broker_that_is_not_ready_yet_is_tried_again(
    empty_broker: Broker, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def at_the_third_try(broker: Broker, topology: Topology) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise BrokerUnavailable("JetStream is not ready")
        await apply_topology(broker, topology)

    monkeypatch.setattr(services, "apply_topology", at_the_third_try)
    settings = load_settings(nats_url=broker_url, store_gb=2)
    async with services.connected(settings, name="test") as broker:
        assert tries == 3
        assert (await broker.jetstream.stream_info("PAGES")).config.max_bytes


async def test_copies_that_the_broker_cannot_make_are_refused_in_words(
    empty_broker: Broker, broker_url: str
) -> None:
    settings = load_settings(nats_url=broker_url, store_gb=2, nats_replicas=3)
    with pytest.raises(BrokerUnsuitable, match=r"NATS_REPLICAS asks for .* lower it"):
        async with services.connected(settings, name="test"):
            pass


async def test_a_store_beyond_what_the_broker_grants_is_refused_in_words(
    empty_broker: Broker, broker_url: str, tmp_path: Path
) -> None:
    done = docr("ingest", folder=tmp_path, NATS_URL=broker_url, STORE_GB="1000")
    assert done.returncode == 1
    assert "lower STORE_GB, or raise max_file_store" in done.stderr
    assert len(done.stderr.splitlines()) == 1


async def test_a_node_makes_what_is_missing_and_leaves_alone_what_others_made(
    empty_broker: Broker, broker_url: str
) -> None:
    settings = load_settings(nats_url=broker_url, store_gb=2)
    async with services.connected(settings, name="test", role=NODE) as broker:
        before = (await broker.jetstream.stream_info("PAGES")).config
    other = load_settings(nats_url=broker_url, store_gb=3)
    async with services.connected(other, name="test", role=NODE) as broker:
        assert (await broker.jetstream.stream_info("PAGES")).config == before
    async with services.connected(other, name="test", role=INGEST) as broker:
        assert (await broker.jetstream.stream_info("PAGES")).config != before


async def test_a_node_that_may_make_nothing_says_who_makes_what_the_broker_has_forgotten(
    empty_broker: Broker, broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_memory, "_LATER_S", 0.05)
    settings = load_settings(nats_url=broker_url, store_gb=2, ocr_topology="check")
    await apply_topology(empty_broker, site_topology(settings))
    # As a start of the broker would.
    await empty_broker.jetstream.delete_stream("KV_NODES")
    with capture_logs() as logs:

        def events() -> str:
            return " ".join(each["event"] for each in logs)

        async with services.connected(settings, name="test", role=NODE):
            await wait_until(lambda: "run 'docr setup'" in events(), "the node's log names it")
            async with services.connected(settings, name="test", role=AGGREGATOR):
                await wait_until(lambda: "is there again" in events(), "the aggregator made it")
