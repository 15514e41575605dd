"""Output formats beyond the four that each job has: at submission, afterwards, and of what."""

import asyncio
import json
from typing import Any

from broker.connection import Broker
from broker.job_control import JobControl
from broker.kept_documents import kept_name
from broker.objects import ObjectBucket
from contracts import topology
from tests.documents import pdf
from tests.ingest.zips import zipped
from tests.raw_nats import RawNats
from tests.running_services import Start, begun, messages_in, nothing_is_left
from tests.system.nats_doors import SERVICES, Endings, all_doors
from tests.waiting import wait_until

LARGE = pdf(2) + b"\n%" + b"x" * 1_200_000


async def make(raw: RawNats, job_id: str, output_format: str) -> Any:
    """What `ocr.outputs.make` answers, once it does not say that it is still being made."""
    body = json.dumps({"job_id": job_id, "format": output_format}).encode()
    while (answer := await raw.request("ocr.outputs.make", body)).json().get("state") == "making":
        pass
    return answer


async def test_formats_asked_for_come_with_the_summary_and_others_when_somebody_asks(
    raw: RawNats, broker: Broker, start: Start
) -> None:
    await all_doors(start, raw)
    # Two aggregators: whichever is asked, a format is made once.
    await begun(start("aggregator", name="second"))
    endings = await Endings.of(raw)
    asked = {"Ocr-Job-Id": "asked", "Ocr-Formats": "pdf, TSV,jsonl", "Ocr-Dpi": "72"}
    await raw.request("ocr.jobs.submit", pdf(2), headers=asked)
    told = (await endings.of_job("asked"))["outputs"]
    assert sorted(told["formats"]) == ["pdf", "tsv"]
    outputs = ObjectBucket(broker, name=topology.OUTPUTS)
    assert (await outputs.read_all(told["formats"]["pdf"])).startswith(b"%PDF")
    rows = (await outputs.read_all(told["formats"]["tsv"])).decode().splitlines()
    assert rows[0].startswith("level\tpage_num\t")
    assert {row.split("\t")[1] for row in rows[1:]} >= {"1", "2"}

    await raw.put_object("UPLOADS", "scan.pdf", LARGE, nuid="one", metadata={"Ocr-Job-Id": "later"})
    assert (await endings.of_job("later"))["outputs"]["formats"] == {}
    answers = await asyncio.gather(*(make(raw, "later", "tsv") for _ in range(6)))
    assert len({json.dumps(each.json(), sort_keys=True) for each in answers}) == 1
    found = answers[0].json()
    assert (found["state"], found["format"]) == ("made", "tsv")
    assert len(await outputs.read_all(found["object"])) == found["size"]
    folder = found["object"].rpartition("/")[0]
    assert [each for each in await outputs.names() if each.startswith(f"{folder}/tsv")] == [
        found["object"]
    ]
    again = (await make(raw, "later", "tsv")).json()
    assert again == found

    # Of a ZIP there is no PDF; it is kept all the same, for who looks at its pages.
    archive = zipped({"a.pdf": pdf(1), "b.pdf": pdf(1)})
    headers = {"Ocr-Job-Id": "zipped", "Ocr-Formats": "pdf", "Ocr-Dpi": "72"}
    await raw.request("ocr.jobs.submit", archive, headers=headers)
    (error,) = (await endings.of_job("zipped"))["errors"]
    assert error.startswith("format pdf: a searchable PDF is made of one document")

    # Its user's name is free, and what was kept stays where it lay: nothing is stored twice.
    await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 15.0)
    uploads = ObjectBucket(broker, name=topology.UPLOADS)
    assert await uploads.names() == [kept_name(each) for each in ("asked", "later", "zipped")]
    made = (await make(raw, "later", "pdf")).json()
    assert (await outputs.read_all(made["object"])).startswith(b"%PDF")

    for body, code, words in (
        ('{"job_id": "other", "format": "pdf"}', "404", "there is no job other"),
        ('{"job_id": "later", "format": "docx"}', "400", "choose from: text, markdown"),
        ('{"job_id": "later"}', "400", 'send JSON like {"job_id"'),
        ("later", "400", "send JSON like"),
    ):
        refused = await raw.request("ocr.outputs.make", body.encode())
        assert refused.header("Nats-Service-Error-Code") == code, refused
        assert words in refused.json()["error"]
    info = (await raw.request("$SRV.INFO.ocr-outputs")).json()
    assert info["endpoints"][0]["subject"] == "ocr.outputs.make"

    await JobControl(broker).delete("later")
    await JobControl(broker).delete("asked")
    await JobControl(broker).delete("zipped")
    assert await messages_in(broker, "OBJ_OUTPUTS") == 0
    assert await messages_in(broker, "OBJ_UPLOADS") == 0
    assert (await make(raw, "later", "pdf")).header("Nats-Service-Error-Code") == "404"


async def test_a_format_that_cannot_be_made_says_why_and_costs_the_job_nothing(
    raw: RawNats, broker: Broker, start: Start
) -> None:
    for service in SERVICES:
        start(service, KEEP_DOCUMENTS="false")
    endings = await Endings.of(raw)
    submitted = {"Ocr-Dpi": "72", "Ocr-Formats": "tsv"}
    await raw.request("ocr.submit", pdf(1), headers={**submitted, "Ocr-Job-Id": "job"})
    summary = await endings.of_job("job")
    assert (summary["status"], list(summary["outputs"]["formats"])) == ("success", ["tsv"])
    refused = await make(raw, "job", "pdf")
    assert refused.header("Nats-Service-Error-Code") == "422"
    assert "KEEP_DOCUMENTS=true" in refused.json()["error"]

    # A job that asks for its PDF keeps its document until that is made.
    asked = {"Ocr-Dpi": "72", "Ocr-Formats": "pdf", "Ocr-Job-Id": "asked"}
    await raw.request("ocr.submit", LARGE, headers=asked)
    assert list((await endings.of_job("asked"))["outputs"]["formats"]) == ["pdf"]
    uploads = ObjectBucket(broker, name=topology.UPLOADS)

    async def nothing_is_kept() -> bool:
        return await uploads.names() == []

    await wait_until(nothing_is_kept, "the document to be removed", 15.0)

    failed = {**asked, "Ocr-Job-Id": "failed"}
    await raw.request("ocr.submit", b"not a document", headers=failed)
    summary = await endings.of_job("failed")
    assert (summary["status"], len(summary["errors"])) == ("failed", 1)
    refused = await make(raw, "failed", "tsv")
    assert refused.header("Nats-Service-Error-Code") == "422"
    assert summary["errors"][0] in refused.json()["error"]
