"""Pages that ingest makes itself are held back when results fill their stream."""

import asyncio
from datetime import UTC, datetime

import pytest

import ingest.results_door as module
from broker.connection import Broker
from broker.result_room import share_used
from broker.results import Results
from ingest.results_door import ResultsDoor
from tests.examples import page_succeeded

OLDER = datetime(2024, 1, 1, tzinfo=UTC), "older"
YOUNGER = datetime(2024, 1, 2, tzinfo=UTC), "younger"


async def nobody_minds() -> None:
    return


async def test_with_room_every_job_goes_on(broker: Broker) -> None:
    assert await share_used(broker) == 0.0
    await Results(broker).publish(page_succeeded())
    assert 0.0 < await share_used(broker) < 0.01
    door = ResultsDoor(broker)
    for age in (OLDER, YOUNGER):
        await door.enter(age, may_wait=nobody_minds)


async def test_without_room_only_the_oldest_goes_on_and_then_the_next(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FOR_ALL", 0.0)  # as if it were full
    monkeypatch.setattr(module, "_LOOK_EVERY_S", 0.01)
    door = ResultsDoor(broker)
    await door.enter(OLDER, may_wait=nobody_minds)
    waiting = asyncio.create_task(door.enter(YOUNGER, may_wait=nobody_minds))
    for _ in range(5):
        await door.enter(OLDER, may_wait=nobody_minds)
        await asyncio.sleep(0)
    assert not waiting.done()
    door.leave(OLDER)
    await asyncio.wait_for(waiting, 10)


async def test_who_waits_is_asked_whether_the_job_still_counts(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FOR_ALL", 0.0)
    monkeypatch.setattr(module, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.0)
    door = ResultsDoor(broker)
    await door.enter(OLDER, may_wait=nobody_minds)

    async def halted() -> None:
        raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        await door.enter(YOUNGER, may_wait=halted)
