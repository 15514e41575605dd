"""Pages with the same pixels are read once, where KEEP_READINGS_DAYS says so."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.connection import Broker
from contracts.pages import Line
from ocr_node.reused_readings import page_key
from tests.conftest import SMALL_TOPOLOGY
from tests.documents import pdf
from tests.examples import page_task
from tests.running_services import Start, endings_of, result_of, submit
from tests.waiting import wait_until


@pytest.mark.parametrize(
    "topology_settings", [replace(SMALL_TOPOLOGY, readings_kept_s=3600.0)], indirect=True
)
async def test_a_page_that_was_read_is_not_read_again_for_the_same_tenant(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    for service in ("ingest", "aggregator"):
        start(service, KEEP_READINGS_DAYS="1")
    start("node", WORKER_NAME="a", KEEP_READINGS_DAYS="1")
    async with endings_of(broker) as endings:
        await submit(broker, tmp_path, pdf(2), "first")
        await wait_until(lambda: len(endings) == 1, "the first job's end", 60.0)
        await submit(broker, tmp_path, pdf(2), "again")
        await submit(broker, tmp_path, pdf(2), "others", tenant="blue")
        await wait_until(lambda: len(endings) == 3, "all jobs' end", 60.0)
    told = {each.job_id: each for each in endings}
    pages = {name: (await result_of(broker, each))["results"] for name, each in told.items()}
    reused = {name: [page["reused"] for page in each] for name, each in pages.items()}
    assert reused == {"first": [False] * 2, "again": [True] * 2, "others": [False] * 2}
    assert [page["text"] for page in pages["again"]] == [page["text"] for page in pages["first"]]
    assert [page["page_number"] for page in pages["again"]] == [1, 2]
    assert told["first"].ocr_rounds_per_worker == {"a-1": 2}
    assert told["again"].ocr_rounds_per_worker == {}
    assert told["again"].pages_processed == 2


def test_a_reading_depends_on_pixels_options_and_models() -> None:
    known = Line(text="a", confidence=1.0, polygon=((0, 0), (9, 0), (9, 9), (0, 9)))
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"image": b"another"},
        {"language": "de"},
        {"quality": "best"},
        {"running_heads": "drop"},
        {"tenant": "blue"},
        {"dpi": 300},
        {"known_lines": (known,)},
    )
    keys = [page_key(page_task(**each), models="one") for each in changes]
    keys.append(page_key(page_task(), models="another"))
    assert len(set(keys)) == len(changes) + 1
    # The same page of another job.
    assert page_key(page_task(job_id="other", page_index=7), models="one") == keys[0]
