"""Documents that wait for room in the broker's store, and a broker that is away for a moment."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from broker.apply_topology import apply_topology
from broker.connection import Broker, BrokerAddress
from broker.objects import ObjectBucket
from contracts import topology as names
from contracts.errors import BrokerUnavailable, DocumentRejected, StoreFull
from contracts.job_options import JobOptions
from contracts.topology import MIB, topology
from docr.handing_in import HandIn
from docr.patience import patiently
from docr.settings import load_settings
from docr.store_room import StoreRoom
from tests.conftest import SMALL_TOPOLOGY
from tests.nats_server import NatsServer
from tests.waiting import wait_until

TIGHT = replace(SMALL_TOPOLOGY, store_bytes=32 * MIB)  # 6.7 MiB for documents
ROOM = StoreRoom(bytes=TIGHT.store_bytes, remedy="buy a disk")
tight = pytest.mark.parametrize("topology_settings", [TIGHT], indirect=True)


def hand_in(broker: Broker) -> HandIn:
    return HandIn(broker, options=JobOptions(), room=ROOM)


def document(folder: Path, name: str, size: int) -> Path:
    (folder / name).write_bytes(os.urandom(size))
    return folder / name


async def clear(bucket: ObjectBucket) -> None:
    for name in await bucket.names():
        await bucket.delete(name)


@tight
async def test_a_document_without_room_waits_until_another_has_ended(
    broker: Broker, tmp_path: Path
) -> None:
    door, uploads = hand_in(broker), ObjectBucket(broker, name=names.UPLOADS)
    first, second = (document(tmp_path, name, 4 * MIB) for name in ("first", "second"))
    await door.submit(first, job_id="first")
    waiting = asyncio.create_task(door.submit(second, job_id="second"))
    small = document(tmp_path, "small", 1000)
    await door.submit(small, job_id="small")  # room for small ones is elsewhere
    door.ended("small")
    assert not waiting.done()
    await clear(uploads)
    door.ended("first")
    await waiting
    assert [name.partition("/")[0] for name in await uploads.names()] == ["second"]


@tight
async def test_a_document_without_room_is_refused_when_nothing_is_left_to_wait_for(
    broker: Broker, tmp_path: Path
) -> None:
    await ObjectBucket(broker, name=names.UPLOADS).put("other", bytes(5 * MIB))
    path = document(tmp_path, "late", 4 * MIB)
    with pytest.raises(StoreFull, match=r"no room for it, though no other .* buy a disk"):
        await hand_in(broker).submit(path, job_id="late")


@tight
async def test_a_document_that_never_fits_is_refused_without_a_try(
    broker: Broker, tmp_path: Path
) -> None:
    path = document(tmp_path, "big", 8 * MIB)
    with pytest.raises(DocumentRejected, match=r"has 8\.4 MB, .* documents of 6\.0 MB; buy a disk"):
        await hand_in(broker).submit(path, job_id="big")


async def test_handing_in_outlasts_a_broker_that_is_started_again(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "server") as server:
        async with await Broker.connect(BrokerAddress(url=server.url), name="test") as broker:
            await apply_topology(broker, topology(SMALL_TOPOLOGY))
            server.kill()
            await wait_until(lambda: not broker.client.is_connected, "the connection to be gone")
            path = document(tmp_path, "big", 2 * MIB)
            waiting = asyncio.create_task(hand_in(broker).submit(path, job_id="big"))
            server.start()
            await waiting
            assert len(await ObjectBucket(broker, name=names.UPLOADS).names()) == 1


async def test_patience_ends() -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        raise BrokerUnavailable("away")

    with pytest.raises(BrokerUnavailable):
        await patiently(work, give_up_after_s=0.1)
    assert tries == 2


def test_the_store_takes_no_more_than_setting_and_disk_allow(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    small = StoreRoom.on_disk(load_settings(store_gb=1), tmp_path / "store")
    large = StoreRoom.on_disk(load_settings(store_gb=100_000), tmp_path / "store")
    assert small.bytes <= 2**30
    assert large.bytes < 100_000 * 2**30
    assert str(tmp_path) in large.remedy


def test_a_disk_that_is_all_but_full_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Full())
    with pytest.raises(StoreFull, match=r"has 5 MB free, .* needs 21; free some space in .*TMPDIR"):
        StoreRoom.on_disk(load_settings(), tmp_path / "store")


class _Full:
    free = 5_000_000
