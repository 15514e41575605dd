"""An encrypted ZIP whose ingest dies in the middle of it."""

import json
import signal
from pathlib import Path

from broker.connection import Broker
from broker.submissions import SubmitQueue
from contracts.job_options import JobOptions
from contracts.option_headers import HEADER_SEALED_PASSWORD
from contracts.sealed_password import PasswordSeal
from tests.documents import encoded, pdf, picture
from tests.ingest.zips import encrypted_zip
from tests.running_services import Start, endings_of, nothing_is_left, result_of
from tests.waiting import wait_until

KEY = "of this test, and no other"
SECRET = "Zx-geheim-4711"  # noqa: S105


async def test_a_zip_goes_on_at_its_checkpoint_in_the_same_order_and_with_its_password(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    members = {"b10.png": encoded(picture("last")), "b9.pdf": pdf(30), "a.png": b"damaged"}
    path = tmp_path / "inbox.zip"
    path.write_bytes(encrypted_zip(members, SECRET.encode()))
    headers = {HEADER_SEALED_PASSWORD: PasswordSeal(KEY).seal(SECRET)}
    async with endings_of(broker) as endings:
        victim = start("ingest", FAIL_POINTS="ingest.checkpoint_written", OCR_SECRET_KEY=KEY)
        for other in ("node", "aggregator"):
            start(other)
        await SubmitQueue(broker).submit_file(
            path, job_id="job", options=JobOptions(dpi=72), headers=headers
        )
        await wait_until(lambda: victim.poll() is not None, "a death at the point", 60.0)
        assert victim.returncode == -signal.SIGKILL
        start("ingest", OCR_SECRET_KEY=KEY)
        await wait_until(lambda: bool(endings), "the job's end", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
    (summary,) = endings
    assert (summary.status, summary.pages_processed, summary.pages_failed) == (
        "partial_success",
        31,
        1,
    )
    assert [(each.filename, each.first_page_number) for each in summary.documents] == [
        ("a.png", 1),
        ("b9.pdf", 2),
        ("b10.png", 32),
    ]
    result = await result_of(broker, summary)
    assert [each["document"] for each in result["results"]] == [
        "a.png",
        *["b9.pdf"] * 30,
        "b10.png",
    ]
    assert SECRET not in json.dumps(result)
