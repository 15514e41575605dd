"""`./dev fuzz --documents N --seed S`: exit code 0 if each ended well, 1 if one did not."""

import argparse
import asyncio
import itertools
import logging
import sys
import tempfile
from pathlib import Path

import structlog

from tests.fuzz.heavy_traps import heavy_traps
from tests.fuzz.run import Tally, corpus_seeds, generated_seeds, mutations, trials
from tests.fuzz.traps import traps


def main() -> int:
    """Reads the options, runs, and says how the files ended."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__)
    parser.add_argument("--documents", type=int, default=1000, help="mutated files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--page-seconds", type=float, default=20.0, help="limit for a page")
    parser.add_argument("--offenders", type=Path, default=Path("fuzz-offenders"))
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    tally = Tally(options.offenders)
    try:
        asyncio.run(_run(options, tally))
    except KeyboardInterrupt:
        sys.stdout.write("interrupted\n")
    sys.stdout.write(tally.told())
    return 1 if tally.faults else 0


async def _run(options: argparse.Namespace, tally: Tally) -> None:
    seeds = [*generated_seeds(), *corpus_seeds()]
    files = mutations(seeds, seed=options.seed, first=options.first)
    made_to_harm = iter((traps() | heavy_traps()).items()) if options.first == 0 else iter(())
    with tempfile.TemporaryDirectory(prefix="docr-fuzz-") as folder:
        async for name, content, ending in trials(
            itertools.chain(made_to_harm, itertools.islice(files, options.documents)),
            Path(folder),
            page_s=options.page_seconds,
        ):
            tally.add(name, content, ending)
            if tally.files % 250 == 0:
                sys.stdout.write(f"{tally.files} files, {len(tally.faults)} faults\n")
                sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
