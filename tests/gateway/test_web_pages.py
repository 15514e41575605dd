"""Pages of a result one at a time, and as pictures."""

import io
import json
import random
import zipfile

import httpx
from PIL import Image

from broker.connection import Broker
from broker.objects import ObjectBucket
from broker.output_reader import OutputReader
from contracts import topology
from ingest.gateway.web.page_places import PagePlaces
from tests.documents import encrypted_pdf, pdf, pdf_with_sizes
from tests.waiting import wait_until


def page_line(number: int, text: str, *, confidence: float) -> str:
    word = {"text": text, "confidence": confidence, "polygon": [[0, 0]] * 4}
    report = {
        "page_number": number, "status": "success", "source": "ocr", "text": text,
        "confidence": confidence, "lines": [{**word, "words": [word]}], "document": None,
    }  # fmt: skip
    return json.dumps(report, ensure_ascii=False)


async def test_each_page_of_a_long_result_is_found_where_it_lies(broker: Broker) -> None:
    dice = random.Random(1)  # noqa: S311
    long = ["ü" * dice.randint(1, 300_000) for _ in range(30)]
    texts = ["x", '", "lines": [{"text": "é\n', *long]
    texts[20] = f"Needle{'y' * 200_000}NEEDLE"
    lines = [
        page_line(n, text, confidence=0.5 if n % 3 else 1.0)
        for n, text in enumerate(texts, start=1)
    ]
    content = "".join(f"{line}\n" for line in lines).encode()
    await ObjectBucket(broker, name=topology.OUTPUTS).put("job/0/pages", content)
    reader = OutputReader(broker)
    output = await reader.facts("job/0/pages")
    assert output.size == len(content) > 2_000_000
    places = PagePlaces(reader)
    pages = await places.pages(output)
    assert pages.entries[1] == [2, "success", "ocr", 0.5, 1, 1, None]
    assert pages.entries[2] == [3, "success", "ocr", 1.0, 1, 0, None]
    for index, line in enumerate(lines):
        assert await places.page(output, index) == line.encode()
    assert await places.find(output, "needle") == [(20, 2)]
    assert await places.find(output, '"lines": [{') == [(1, 1)]


async def test_a_page_is_shown_no_larger_than_it_is_asked_for(http: httpx.AsyncClient) -> None:
    async def result_of(content: bytes, **form: str) -> str:
        files = {"file": ("document", content)}
        taken = await http.post("/jobs?dpi=100", files=files, data=form)
        job = str(taken.json()["job_id"])

        async def has_ended() -> bool:
            return (await http.get(f"/jobs/{job}")).json()["ended_at"] is not None

        await wait_until(has_ended, "the job's end", 30.0)
        return f"/web/jobs/{job}"

    wide = await result_of(pdf_with_sizes([(842, 595), (595, 842)]), pages="2")
    shown = await http.get(f"{wide}/image/0?width=300")
    assert shown.headers["content-type"] == "image/jpeg"
    # The second page of the document is the first of the result.
    assert Image.open(io.BytesIO(shown.content)).size == (300, 425)
    etag = {"If-None-Match": shown.headers["etag"]}
    assert (await http.get(f"{wide}/image/0?width=300", headers=etag)).status_code == 304
    assert (await http.get(f"{wide}/image/1")).status_code == 404
    assert (await http.get(f"{wide}/image/0?width=9000")).status_code == 422
    assert (await http.get(f"{wide}/pages/1")).status_code == 404
    assert (await http.get(f"{wide}/pages/0")).json()["page_number"] == 2
    locked = await result_of(encrypted_pdf(), password="secret")  # noqa: S106
    assert (await http.get(f"{locked}/image/0")).status_code == 200
    # Of a page that is too large there is no picture either.
    huge = await result_of(pdf_with_sizes([(90_000, 90_000)]))
    refused = await http.get(f"{huge}/image/0")
    assert (refused.status_code, "over the limit" in refused.json()["detail"]) == (422, True)
    # In a ZIP, pages run on over its members; one that cannot be opened has none to show.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as several:
        several.writestr("1.pdf", pdf(1))
        several.writestr("2.pdf", b"%PDF-1.4 damaged")
        several.writestr("3.pdf", pdf_with_sizes([(595, 842), (842, 595)]))
    of_zip = await result_of(packed.getvalue())
    last = await http.get(f"{of_zip}/image/3?width=200")
    assert last.status_code == 200, last.text
    assert Image.open(io.BytesIO(last.content)).size == (200, 141)
    assert (await http.get(f"{of_zip}/image/1")).status_code == 422
