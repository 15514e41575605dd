"""`./dev chaos --minutes M --seed S`: exit code 0 if nothing is wrong, 1 if something is."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from docr.logs import configure_logging
from tests.chaos.crew import Crew
from tests.chaos.run import RunSettings, run


def main() -> int:
    """Reads the options, runs, and says how the run can be repeated."""
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="of load and faults")
    parser.add_argument("--seed", type=int, default=None, help="default: a new one")
    parser.add_argument("--max-retries", type=int, default=10, help="attempts at a page")
    parser.add_argument("--job-every", type=float, default=2.0, help="s between jobs, mean")
    parser.add_argument("--fault-every", type=float, default=5.0, help="s between faults, mean")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="1, or a cluster")
    for name, count in (("ingests", 2), ("nodes", 3), ("aggregators", 2), ("gateways", 1)):
        parser.add_argument(f"--{name}", type=int, default=count, help=f"default: {count}")
    parser.add_argument("--roles", action="store_true", help="users by role, and TLS")
    parser.add_argument(
        "--apart",
        type=float,
        default=None,
        metavar="S",
        help="hit brokers only, one at a time, S s after the last was back: for figures",
    )
    parser.add_argument("--keep", action="store_true", help="keep the logs of a good run too")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int(time.time()) % 1_000_000
    settings = RunSettings(
        seed=seed,
        lasts_s=options.minutes * 60,
        job_every_s=options.job_every,
        fault_every_s=options.fault_every,
        max_retries=options.max_retries,
        faults_apart_s=options.apart,
        crew=Crew(
            ingests=options.ingests,
            nodes=options.nodes,
            aggregators=options.aggregators,
            gateways=options.gateways,
            cluster=options.brokers == 3,
            secured=options.roles,
        ),
    )
    configure_logging("info")
    console = Console(highlight=False, soft_wrap=True, width=max(100, Console().width))
    folder = Path(tempfile.mkdtemp(prefix="docr-chaos-"))
    again = (
        f"./dev chaos --minutes {options.minutes:g} --seed {seed} "
        f"--max-retries {options.max_retries} --job-every {options.job_every:g} "
        f"--fault-every {options.fault_every:g} --brokers {options.brokers} "
        f"--ingests {options.ingests} --nodes {options.nodes} "
        f"--aggregators {options.aggregators} --gateways {options.gateways}"
        f"{'' if options.apart is None else f' --apart {options.apart:g}'}"
        f"{' --roles' if options.roles else ''}"
    )
    console.print(f"seed {seed}; logs in {folder}; to replay: {again}")
    try:
        report = asyncio.run(run(settings, folder))
    except KeyboardInterrupt:
        console.print(f"interrupted; logs stay in {folder}")
        return 130
    report.show(console)
    if report.violations or report.settled_after_s is None:
        console.print(f"logs stay in {folder}; to replay: {again}")
        return 1
    if not options.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
