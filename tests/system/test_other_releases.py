"""Two releases at one broker: what the other one wrote is left to it."""

import json
from pathlib import Path

from broker.connection import Broker
from tests.documents import pdf
from tests.examples import manifest
from tests.running_services import Start, begun, endings_of, log_of, messages_in, submit
from tests.waiting import wait_until


async def test_a_job_that_another_release_began_is_left_to_it_and_others_go_on(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    foreign = {**json.loads(manifest(job_id="theirs").model_dump_json()), "schema_version": 99}
    await broker.jetstream.publish("$KV.JOBS.theirs.manifest", json.dumps(foreign).encode())
    await submit(broker, tmp_path, pdf(1), "theirs")
    await begun(*(start(service) for service in ("ingest", "aggregator", "node")))

    def left_alone() -> bool:
        return "a submission is left to another release" in log_of(tmp_path / "services")

    await wait_until(left_alone, "ingest to leave the submission alone", 30.0)
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(1), "ours")
        await wait_until(lambda: bool(endings), "the end of our job", 30.0)
    assert [each.job_id for each in endings] == ["ours"]
    assert await messages_in(broker, "SUBMIT") == 1
