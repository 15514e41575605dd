"""What a page costs in jobs of more and more pages."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final

from bench.pipeline.fleet import Commands
from bench.pipeline.fleet_runs import FleetRuns, flat_document, fleet_runs
from bench.pipeline.job_run import JobRun, all_together
from bench.pipeline.turns import Side, in_turns

_OVER: Final = (10, 100, 1_000, 10_000)


async def flatness(
    commands: Commands,
    *,
    most: int,
    rounds: int,
    engines: int,
    engine: str,
    tell: Callable[[str], None],
) -> list[JobRun]:
    """Jobs of 10, 100, ... and at most `most` pages; those of one size all together.

    The longest one takes so long that the machine is another one meanwhile. So a fleet of its own
    reads it, and another one the shorter ones again and again: in turns of half a second. Raises:
    BrokerUnavailable.
    """
    *shorter, longest = [size for size in _OVER if size <= most]
    documents = {size: flat_document(pages=size, engine=engine) for size in (*shorter, longest)}
    found: dict[int, list[JobRun]] = {size: [] for size in documents}

    async def read(runs: FleetRuns, size: int, side: Side) -> None:
        found[size].append(await runs.flat(documents[size], pages=size, clock=side.clock))

    async with AsyncExitStack() as stack:
        fleets = [
            await stack.enter_async_context(
                fleet_runs(commands, engines=engines, tell=tell, engine=engine)
            )
            for _ in range(2 if shorter else 1)
        ]

        async def one_round() -> None:
            with_this_one = len(found[longest]) + 1

            async def read_longest(side: Side) -> None:
                await read(fleets[0], longest, side)

            async def read_shorter(side: Side) -> None:
                while True:
                    for size in shorter:
                        await read(fleets[1], size, side)
                    if len(found[longest]) == with_this_one:
                        return

            sides = [Side(read_longest, fleets[0].trees)]
            if shorter:
                sides.append(Side(read_shorter, fleets[1].trees))
            await in_turns(*sides)

        for _ in range(rounds):
            await one_round()
    return [all_together(runs) for runs in found.values()]
