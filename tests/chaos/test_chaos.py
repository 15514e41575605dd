"""A slice of chaos for every run of the tests. Longer ones: `./dev chaos --minutes 60`."""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.run import RunSettings, run

SECONDS: Final = float(os.environ.get("CHAOS_SECONDS", "180"))
SEED: Final = int(os.environ.get("CHAOS_SEED", "1"))


@pytest.mark.timeout(SECONDS + 600)
async def test_every_accepted_job_ends_once_and_whole_whatever_fails(tmp_path: Path) -> None:
    """To replay: CHAOS_SECONDS=... CHAOS_SEED=... with the figures of the report."""
    report = await run(RunSettings(seed=SEED, lasts_s=SECONDS), tmp_path)
    assert report.violations == [], f"seed {SEED}, {SECONDS:g} s; logs in {tmp_path}"
    assert report.settled_after_s is not None
    assert (report.totals.lost, report.totals.doubled) == (0, 0)
    assert report.totals.jobs > 0
    assert report.faults > 0
