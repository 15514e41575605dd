"""One run from its seed to its report."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import structlog

from broker.connection import Broker
from contracts import topology
from tests.chaos.checker import violations
from tests.chaos.crew import DOORS, Crew
from tests.chaos.doors import DOOR_NAMES, LARGE_DOORS
from tests.chaos.evidence import collect, live_keys, messages_in, unsettled_of
from tests.chaos.faults import Faults, Suffered
from tests.chaos.filler import sweep
from tests.chaos.fleet import Fleet
from tests.chaos.load import Load
from tests.chaos.paper import expected
from tests.chaos.report import Recovery, Report
from tests.chaos.schedule import plan_faults
from tests.chaos.timeline import Timeline
from tests.chaos.totals import totals
from tests.chaos.watch import Watch, undisturbed
from tests.chaos.workload import plan_jobs

log = structlog.get_logger(__name__)

_CALM_BEFORE_S: Final = 3.0
_CALM_AFTER_S: Final = 5.0
_SETTLE_S: Final = 240.0
# So many looks in a row must find everything at rest, a second apart.
_LOOKS: Final = 4


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """`job_every_s`, `fault_every_s`: mean gaps. `max_retries`: attempts at a page; few of them
    bring the reaper into play. `faults_apart_s`: see `plan_faults`."""

    seed: int
    lasts_s: float
    job_every_s: float = 2.0
    fault_every_s: float = 5.0
    max_retries: int = 10
    faults_apart_s: float | None = None
    crew: Crew = field(default_factory=Crew)


async def run(settings: RunSettings, folder: Path) -> Report:
    """Runs, waits for rest, ends everything and judges. Logs and report stay in `folder`."""
    started = time.monotonic()

    def clock() -> float:
        return time.monotonic() - started

    jobs = plan_jobs(
        settings.seed,
        lasts_s=settings.lasts_s,
        every_s=settings.job_every_s,
        doors=DOOR_NAMES,
        large_doors=LARGE_DOORS,
    )
    schedule = plan_faults(
        settings.seed,
        first_s=_CALM_BEFORE_S,
        last_s=max(_CALM_BEFORE_S, settings.lasts_s - _CALM_AFTER_S),
        every_s=settings.fault_every_s,
        crew=settings.crew,
        apart_s=settings.faults_apart_s,
    )
    fleet = Fleet(
        folder,
        crew=settings.crew,
        clock=clock,
        # Outputs are kept: longer runs need more room for them.
        store_gb=1 + int(settings.lasts_s // 1200),
        max_retries=settings.max_retries,
    )
    async with fleet, undisturbed(fleet.address("operator")) as client:
        broker = Broker(client=client)
        watch = await Watch(client, clock=clock, cluster=settings.crew.cluster).start()
        load = Load(
            operator=fleet.address("operator", link=DOORS),
            submitter=fleet.address("submitter", link=DOORS),
            http_urls=fleet.http_urls,
            clock=clock,
        )
        faults = Faults(fleet, client, clock=clock)
        started = time.monotonic()  # plans count from here
        async with asyncio.TaskGroup() as group:
            group.create_task(faults.run(schedule))
            group.create_task(load.run(jobs))
        log.info("all faults are lifted, all jobs accepted", jobs=len(jobs), at_s=clock())
        await sweep(broker.jetstream)
        ended_s = clock()
        settled = await _settled(broker, load)
        settled_after_s = clock() - ended_s if settled else None
        evidence = await collect(
            broker, accepted=frozenset(load.accepted), endings=dict(watch.endings)
        )
    evidence = replace(evidence, left_behind=(*fleet.unforeseen(), *fleet.left_behind()))
    wanted = {job.job_id: expected(job) for job in jobs}
    report = Report(
        seed=settings.seed,
        minutes=settings.lasts_s / 60,
        totals=totals(evidence, wanted),
        violations=violations(evidence, wanted),
    )
    report.settled_after_s = settled_after_s
    report.refusals = dict(load.refusals)
    if watch.retold:
        log.info("endings that a later leader told again", times=watch.retold)
    report.surprises = dict(Counter(f"{end.name} ({end.code})" for end in fleet.surprises))
    timeline = Timeline(
        progress_s=watch.progress_s, accepted_s=load.accepted, ended_s=watch.ended_s
    )
    report.leaders_killed = len(faults.leaders)
    report.in_mid_publish = sum(faults.leaders)
    report.longest_silence_s = timeline.longest_silence_s()
    report.recoveries = _recoveries(timeline, faults.suffered)
    (folder / "report.json").write_text(json.dumps(report.as_json(), indent=1, default=str))
    return report


async def _settled(broker: Broker, load: Load) -> bool:
    """Waits until nothing is under way any more; False if that never comes."""
    deadline = time.monotonic() + _SETTLE_S
    quiet = 0
    while time.monotonic() < deadline:
        busy = [
            stream
            for stream in (topology.SUBMIT, topology.PAGES, topology.RESULTS)
            if await messages_in(broker.jetstream, stream)
        ]
        if len(load.accepted) > await messages_in(broker.jetstream, topology.SUMMARY):
            busy.append(topology.SUMMARY)
        if not busy and await live_keys(broker.jetstream):
            busy.append(topology.JOBS)
        # A killed broker may know an ack's message as gone and its delivery as open; it sees that
        # at the end of the lease.
        if not busy and any((await unsettled_of(broker.jetstream)).values()):
            busy.append("acks")
        quiet = 0 if busy else quiet + 1
        if quiet == _LOOKS:
            return True
        await asyncio.sleep(1.0)
    log.error("nothing came to rest", busy=busy)
    return False


def _recoveries(timeline: Timeline, suffered: Sequence[Suffered]) -> list[Recovery]:
    found = []
    for each in suffered:
        seconds = timeline.recovery_s(each.lifted_s)
        until_s = each.lifted_s + (seconds or 0.0)
        alone = not any(
            other.began_s <= until_s and other.lifted_s >= each.began_s
            for other in suffered
            if other is not each
        )
        found.append(
            Recovery(
                label=each.fault.label,
                seconds=seconds,
                without_service_s=timeline.without_service_s(each.began_s, each.lifted_s),
                alone=alone,
            )
        )
    return found
