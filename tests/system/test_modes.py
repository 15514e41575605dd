"""Modes through the real services: which pages a node reads, and which it never sees."""

from pathlib import Path

from broker.announcements import Announcements
from broker.connection import Broker
from contracts.events import PageDone
from samples.born_digital import pdf_of_objects
from tests.running_services import Start, endings_of, nothing_is_left, result_of, submit
from tests.waiting import wait_until

TEXT = "BT /F1 12 Tf 72 700 Td (The gates are opened at six) Tj ET"
BAR = "20 20 90 30 re f"
# A picture of black and white squares: it may hold text.
CHECKED = (
    "q 200 0 0 200 90 90 cm BI /W 16 /H 16 /BPC 1 /CS /G /F /AHx ID " + ("AAAA5555" * 8) + "> EI Q"
)
PAGES = (TEXT, BAR, "", TEXT + " " + CHECKED)
RAISES = {"OCR_ECHO_FAULTS": "raise:4", "MAX_RETRIES": "1"}


def document() -> bytes:
    """Text, a drawing, nothing, and text with a picture, which no node can read."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(PAGES)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(PAGES)} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, content in enumerate(PAGES):
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 "
            f"3 0 R >> >> /Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    return pdf_of_objects(objects)


async def test_nodes_read_what_the_mode_leaves_to_them(
    tmp_path: Path, broker: Broker, start: Start
) -> None:
    for service in ("ingest", "aggregator"):
        start(service)
    start("node", WORKER_NAME="a", **RAISES)
    async with endings_of(broker) as endings, Announcements(broker).events() as events:
        for mode in ("auto", "ocr", "text"):
            await submit(broker, tmp_path, document(), mode, mode=mode)
        await wait_until(lambda: len(endings) == 3, "all jobs' end", 60.0)
        await wait_until(lambda: nothing_is_left(broker), "the broker to be tidy", 30.0)
        told = [events.get_nowait() for _ in range(events.qsize())]
    by_mode = {each.job_id: each for each in endings}
    results = {mode: (await result_of(broker, each))["results"] for mode, each in by_mode.items()}
    sources = {mode: [page["source"] for page in pages] for mode, pages in results.items()}
    # The last page fails at the node: what its layer has told is kept where it was asked for.
    assert sources == {
        "auto": ["text_layer", "ocr", "blank", "text_layer"],
        "ocr": ["ocr", "ocr", "blank", "ocr"],
        "text": ["text_layer", "text_layer", "blank", "text_layer"],
    }
    assert [page["text"] for page in results["text"]] == [
        "The gates are opened at six", "", "", "The gates are opened at six",
    ]  # fmt: skip
    assert results["auto"][0]["text"] == results["auto"][3]["text"] == results["text"][0]["text"]
    assert {mode: each.status for mode, each in by_mode.items()} == {
        "auto": "partial_success", "ocr": "partial_success", "text": "success",
    }  # fmt: skip
    (missing,) = by_mode["auto"].errors
    assert missing.startswith("page 4: text outside of the page's text layer, as in pictures, is")
    assert (by_mode["auto"].pages_failed, by_mode["ocr"].pages_failed) == (0, 1)
    assert {mode: each.ocr_rounds_per_worker for mode, each in by_mode.items()} == {
        "auto": {"a-1": 1}, "ocr": {"a-1": 3}, "text": {},
    }  # fmt: skip
    for mode, summary in by_mode.items():
        assert sum(each.pages for each in summary.worker_metrics) == 4
        assert summary.total_words == sum(len(page["text"].split()) for page in results[mode])
    done = [each for each in told if isinstance(each, PageDone) and each.job_id == "text"]
    assert [(each.done, each.worker) for each in done] == [(n, "ingest") for n in (1, 2, 3, 4)]
