"""The web page as people use it: in a browser, over the real system with the real engine."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from samples.born_digital import text_pdf
from tests.deploy.nats_command import path_with_nats
from tests.documents import NONE, pdf, pdf_with_sizes
from tests.waiting import block_until
from tests.web.conftest import BOB, FirmGateway, Visit, WebSystem

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page, Route

# Where on the screen the first corner of a shape is drawn.
CORNER: Final = (
    "shape => { const { x, y } = shape.points[0].matrixTransform(shape.getScreenCTM());"
    " return { x, y }; }"
)
# A file that is dropped somewhere on the page, or pasted.
GIVEN: Final = """way => {
    const given = new DataTransfer();
    given.items.add(new File(["<svg></svg>"], `${way}.svg`));
    dispatchEvent(way === "drop"
        ? new DragEvent("drop", { dataTransfer: given })
        : new ClipboardEvent("paste", { clipboardData: given }));
}"""
SAMPLES: Final = Path(__file__).parents[2] / "samples"
# Names of files as nobody should be able to use them.
HOSTILE_NAME: Final = '<img src=x onerror="window.hit=1">\u202efdp.\x01.pdf'
HOSTILE_LINES: Final = (
    "<script>window.hit = 1</script> Minutes of the meeting",
    '"><img src=x onerror=window.hit=1><svg onload=window.hit=1>',
    "javascript:window.hit=1 {{7*7}} ${window.hit=1} &lt;b&gt;",
    "A line of plain words, so that the text layer can be trusted",
)


def hand_in(page: "Page", *files: "FilePayload") -> None:
    page.set_input_files("#picker", files=list(files))


def document(name: str, content: bytes) -> "FilePayload":
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def accepted(web: WebSystem, content: bytes, **options: Any) -> str:
    """The id of a job that was handed in beside the page."""
    answer = httpx.post(f"{web.address}/jobs", params=options, content=content, timeout=30)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def ended(address: str, job_id: str) -> dict[str, Any]:
    def state() -> dict[str, Any]:
        return dict(httpx.get(f"{address}/jobs/{job_id}", timeout=30).json())

    block_until(lambda: state()["ended_at"] is not None, "the job's end", 90.0)
    return state()


def test_a_scan_is_handed_in_watched_checked_and_taken_away(
    web: WebSystem, visit: Visit, tmp_path: Path
) -> None:
    page = visit.page
    page.goto(web.address)
    page.get_by_text("Options", exact=True).click()
    page.get_by_label("Pages", exact=True).fill("1-2")
    hand_in(page, document("letter.pdf", (SAMPLES / "scanned-letter.pdf").read_bytes()))
    # Of one document one sees at once how it is read.
    page.wait_for_url("**/#/job/*")
    page.locator(".panes").wait_for(timeout=90_000)
    job = page.url.split("/job/")[1].split("/")[0]
    page.get_by_role("heading", name="letter.pdf").wait_for()
    assert page.locator(".cells i").count() == 2
    # The image of the page is behind its words, and each word's shape is where the result says.
    page.locator(".paper.pictured").wait_for()
    told = httpx.get(f"{web.address}/jobs/{job}/result", timeout=30).json()["results"][0]
    words = [word for line in told["lines"] for word in line["words"]]
    at = next(n for n, word in enumerate(words) if word["text"] == "Operations")
    paper = page.locator(".paper").bounding_box()
    assert paper is not None
    scale = paper["width"] / told["width_px"]
    place = page.locator(f"polygon[data-at='{at}']").evaluate(CORNER)
    left, top = words[at]["polygon"][0]
    assert place["x"] - paper["x"] == pytest.approx(left * scale, abs=1)
    assert place["y"] - paper["y"] == pytest.approx(top * scale, abs=1)
    # Either marks the other.
    page.locator(f".text [data-at='{at}']").hover()
    assert "pointed" in (page.locator(f"polygon[data-at='{at}']").get_attribute("class") or "")
    page.get_by_label("Find in document").fill("northern main, which")
    page.get_by_text("1 of 1").wait_for()
    assert page.locator(".text .here").all_inner_texts() == ["northern", "main,", "which"]
    page.get_by_label("Next page").click()
    page.wait_for_url("**/check/2")
    page.get_by_role("link", name="Take away").click()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("link", name="Searchable PDF").click()
    download.value.save_as(tmp_path / "taken.pdf")
    assert download.value.suggested_filename == "letter.pdf"
    taken = (tmp_path / "taken.pdf").read_bytes()
    assert taken.startswith(b"%PDF-")
    # The lines that are shown for it do the same, as they stand.
    (tmp_path / "scan.pdf").write_bytes(pdf(1))
    path = f"{Path(sys.executable).parent}:{path_with_nats(tmp_path)}"
    environment = {**os.environ, "PATH": path, "NATS_URL": web.system.broker.url}
    lines = page.locator(".commands code").all_inner_texts()
    for line, made in zip(lines, ("letter.pdf", *["document.pdf"] * 2, "", ""), strict=True):
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=True,
        )
        if made:
            assert (tmp_path / made).read_bytes() == taken, line
            (tmp_path / made).unlink()
        else:
            assert '"job_id"' in done.stdout, line


def test_files_that_cannot_be_read_are_refused_in_words_before_they_are_sent(
    web: WebSystem, visit: Visit
) -> None:
    page = visit.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.goto(web.address)
    hand_in(
        page,
        document("empty.pdf", b""),
        document("notes.txt", b"Dear all,\nthis is no scan.\n"),
        document("letter.doc", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
    )
    for words in ("The file is empty", "This is plain text", "This is an office document"):
        page.locator(".upload.refused", has_text=words).wait_for()
    for way in ("drop", "paste"):
        page.evaluate(GIVEN, way)
        page.locator(".upload.refused", has_text=f"{way}.svg").wait_for()
    page.get_by_text("Options", exact=True).click()
    page.get_by_label("Pages", exact=True).fill("one")
    hand_in(page, document("fine.pdf", pdf(1)))
    page.locator(".options .wrong", has_text="Pages look like").wait_for()
    assert "POST" not in sent


def test_what_a_document_says_and_is_called_is_only_ever_text(web: WebSystem, visit: Visit) -> None:
    page = visit.page
    page.goto(web.address)
    content = text_pdf([list(HOSTILE_LINES)], headings=NONE)
    hand_in(page, document(HOSTILE_NAME, content))
    page.wait_for_url("**/#/job/*")
    page.locator(".text .line").first.wait_for(timeout=60_000)
    lines = page.locator(".text .line").all_inner_texts()
    assert any("<script>window.hit = 1</script>" in line for line in lines), lines
    shown = page.locator(".job-title").inner_text()
    assert shown.startswith("<img src=x onerror=")
    assert "\u202e" not in shown
    for view in ("Text", "Markdown"):
        page.get_by_role("button", name=view, exact=True).click()
        assert "onload=window.hit=1" in page.locator(".text pre").inner_text()
    # A page that failed says why, whatever the reason quotes.
    page.get_by_role("link", name="All documents").click()
    page.locator(".job-name", has_text="<img src=x").wait_for()
    assert page.evaluate("window.hit === undefined")
    assert page.locator("main img:not(.paper img), main script, main iframe").count() == 0


def test_a_job_is_watched_over_a_restart_of_the_gateway_and_cancelled(
    web: WebSystem, firm: FirmGateway, visit: Visit
) -> None:
    page = visit.page
    job = accepted(web, pdf_with_sizes([(595, 842), (90_000, 90_000), *[(595, 842)] * 2]))
    long = accepted(web, pdf(400), filename="long.pdf", mode="ocr")
    page.goto(f"{firm.address}/#/job/{long}")
    page.locator(".watch .cells i.done").first.wait_for(timeout=60_000)
    firm.stop()
    page.get_by_text("The gateway cannot be reached").wait_for()
    firm.start()
    page.get_by_text("The gateway cannot be reached").wait_for(state="hidden")
    before = page.locator(".watch .cells i.done").count()
    page.wait_for_function(
        "n => document.querySelectorAll('.cells i.done').length > n", arg=before, timeout=60_000
    )
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Yes").click()
    page.locator(".state.cancelled").wait_for(timeout=60_000)
    # The other one ended meanwhile; its page that could not be read is there, with the reason.
    assert ended(web.address, job)["state"] == "partial_success"
    page.goto(f"{web.address}/#/job/{job}/check/2")
    page.get_by_text("This page could not be read: page 2 is").wait_for()
    assert page.locator(".cells i.failed").count() == 1
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes").click()
    page.wait_for_url("**/#/")
    assert httpx.get(f"{web.address}/jobs/{job}", timeout=30).status_code == 404


def test_what_is_begun_in_one_view_goes_on_in_another_also_after_the_gateway_was_away(
    firm: FirmGateway, visit: Visit
) -> None:
    page = visit.page
    page.goto(firm.address)
    page.locator(".drop").wait_for()
    firm.stop()
    page.get_by_role("link", name="Operation").click()
    page.locator("main > .note", has_text="The gateway cannot be reached").wait_for()
    firm.start()
    page.locator(".tile").first.wait_for(timeout=30_000)
    page.get_by_role("link", name="Documents", exact=True).click()
    held: list[Route] = []

    def hold(route: "Route") -> None:
        held.append(route)

    page.route("**/jobs", hold)
    hand_in(page, document("begun.pdf", pdf(300)))
    upload = page.locator(".upload", has_text="begun.pdf")
    upload.wait_for()
    for place in ("Operation", "Documents", "Operation"):
        page.get_by_role("link", name=place, exact=True).click()
        page.locator(".tiles" if place == "Operation" else ".drop").wait_for()
        assert upload.count() == (place == "Documents")
    held[0].continue_()
    row = page.locator(".job", has_text="begun.pdf")
    # Of all its buttons of that text, each is known by its document.
    row.get_by_role("button", name="Cancel begun.pdf", exact=True).click()
    yes = row.get_by_role("button", name="Yes")
    asked = "yes => document.getElementById(yes.getAttribute('aria-describedby')).textContent"
    assert str(yes.evaluate(asked)).startswith("Cancel this document?")
    yes.click()
    row.locator(".question").wait_for(state="hidden")
    row.locator(".state.cancelled").wait_for(timeout=60_000)
    row.get_by_role("button", name="Delete").click()
    row.get_by_role("button", name="Yes").click()
    row.wait_for(state="detached")
    # That the document was taken meanwhile has led nobody away.
    assert page.url.endswith("#/operation")


def test_pages_that_were_given_up_are_found_with_image_and_reason_and_read_again(
    web: WebSystem, visit: Visit
) -> None:
    # A node of its own, by a language that the other one does not read.
    korean = {"OCR_LANGUAGES": "korean", "MAX_RETRIES": "1"}
    sick = web.system.start("node", OCR_ECHO_FAULTS="raise:2,raise:3", **korean)
    job_url = f"{web.address}/jobs"
    options = {"job_id": "given-up", "language": "korean", "filename": "Given up.pdf"}

    def taken() -> bool:
        answer = httpx.post(job_url, params=options, content=pdf(3), timeout=30)
        return answer.status_code == 202

    block_until(taken, "the node to be known", 20.0)
    assert ended(web.address, "given-up")["state"] == "partial_success"
    web.system.stop(sick)
    well = web.system.start("node", **korean)
    page = visit.page
    page.goto(f"{web.address}/#/operation")
    page.get_by_role("img", name="Pages that wait").wait_for()
    page.get_by_text("when this gateway started").wait_for()
    # One of them here, where all of them are.
    page.locator(".dead summary").click()
    second = page.locator(".dead-page").first
    second.get_by_text("EchoFault").wait_for()
    second.locator("img").scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.dead-image img').naturalWidth > 400")
    second.get_by_role("button", name="Read again, Page 2, Given up.pdf", exact=True).click()
    page.locator(".dead summary", has_text="1 page").wait_for(timeout=60_000)
    # The other one where its document is looked at.
    page.get_by_role("link", name="Open Given up.pdf", exact=True).click()
    page.wait_for_url("**/#/job/given-up/check/3")
    page.locator(".cells i.failed").wait_for()
    page.get_by_role("button", name="Read the failed page again").click()
    page.locator(".state.success").wait_for(timeout=60_000)
    page.locator(".cells i.done").nth(2).wait_for()
    assert page.locator(".cells i.failed").count() == 0
    # And the whole document once more, found by its name: another document then.
    page.goto(f"{web.address}/#/operation")
    page.get_by_placeholder("Filter by name or id").fill("given")
    row = page.locator(".job", has_text="Given up.pdf")
    row.get_by_role("button", name="Read again").click()
    row.get_by_role("button", name="Read again").click()
    page.wait_for_url("**/#/job/0*")
    # The address is there before the view: until then its states are those of the list.
    page.get_by_role("heading", name="Given up.pdf").wait_for()
    page.locator(".state.success").wait_for(timeout=60_000)
    web.system.stop(well)


def test_who_signs_in_sees_their_own_documents_only_until_they_sign_out(
    locked: str, visit: Visit
) -> None:
    alice = {"Authorization": "Bearer alice-key-0123456789"}
    params = {"filename": "alices.pdf"}
    httpx.post(f"{locked}/jobs", params=params, content=pdf(1), headers=alice).raise_for_status()
    page = visit.page
    page.goto(locked)
    page.get_by_label("API key").fill("not-a-key-of-this-system")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("this key is not known here").wait_for()
    page.get_by_label("API key").fill(BOB)
    page.keyboard.press("Enter")
    page.get_by_text("Nothing has been handed in yet").wait_for()
    hand_in(page, document("bobs.png", (SAMPLES / "photo-note.png").read_bytes()))
    # Events come by the cookie, too.
    page.locator(".panes").wait_for(timeout=90_000)
    page.get_by_role("link", name="All documents").click()
    page.locator(".job-name").first.wait_for()
    assert page.locator(".job-name").all_inner_texts() == ["bobs.png"]
    (cookie,) = visit.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    assert BOB not in str(cookie)
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("API key").wait_for()
    assert visit.context.cookies() == []


@pytest.mark.parametrize("width", [360, 2560])
def test_it_fits_a_telephone_and_a_wall_and_is_used_by_keyboard_alone(
    width: int, web: WebSystem, visit: Visit
) -> None:
    page = visit.page
    page.set_viewport_size({"width": width, "height": 800})
    job = accepted(web, text_pdf([["A page"], ["Another page"]], headings=NONE), filename="two.pdf")
    ended(web.address, job)
    page.goto(web.address)
    page.locator(".job-name").first.wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "two.pdf":
            break
    page.keyboard.press("Enter")
    page.locator(".text .line").first.wait_for()
    page.keyboard.press("PageDown")
    page.wait_for_url("**/check/2")
    for place in ("#/", f"#/job/{job}", f"#/job/{job}/take", "#/operation"):
        page.goto(f"{web.address}/{place}")
        page.locator("main :is(h1, h2)").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place
