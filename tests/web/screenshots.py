"""`./dev screenshots`: every view of the web page, by day and by night, narrow and wide, as PNG."""

import io
import sys
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.documents import pdf
from tests.waiting import block_until
from tests.web.conftest import KEYS, WebSystem, chromium_options
from tests.web.standing_system import standing_system

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs" / "images"
_WIDTHS: Final = {360: 740, 1280: 860, 2560: 1300}
# Of those that README shows, which travel with every checkout.
_FREQUENT: Final = 160
_SHOWN: Final = {"check-1280-light": 860, "watch-1280-light": 510}  # px from the top


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with standing_system() as system:
        system.start("node", OCR_ENGINE="onnxruntime", WORKER_NAME="scan-room")
        system.start(
            "node", WORKER_NAME="cellar", OCR_LANGUAGES="korean", OCR_ECHO_FAULTS="raise:2"
        )
        web = WebSystem(system)
        locked = system.address_of(system.start("gateway", OCR_API_KEYS=KEYS))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**chromium_options())
            take_all(browser, web.address, locked)
            browser.close()


def take_all(browser: Browser, address: str, locked: str) -> None:
    jobs = {path.name: hand_in(address, path.read_bytes(), path.name) for path in samples()}
    letters = (ROOT / "samples" / "scanned-letter.pdf").read_bytes()
    jobs["given up"] = hand_in(address, letters, "letters-1924.pdf", language="korean")
    block_until(lambda: all_ended(address, jobs.values()), "the samples' ends", 120.0)
    letter = jobs["scanned-letter.pdf"]
    long = hand_in(address, pdf(180), "minutes-1987.pdf")
    views = {
        "watch": (address, f"#/job/{long}", ".cells i.done:nth-child(9)"),
        "intake": (address, "#/", ".job-name"),
        "check": (address, f"#/job/{letter}", ".paper.pictured"),
        "take": (address, f"#/job/{letter}/take", ".format"),
        "operation": (address, "#/operation", "table"),
        "sign-in": (locked, "#/", "#key"),
        "api": (address, "docs", ".call"),
    }
    for scheme in ("light", "dark"):
        for width, height in _WIDTHS.items():
            options: dict[str, Any] = {
                "viewport": {"width": width, "height": height},
                "color_scheme": scheme,
            }
            page = browser.new_context(**options).new_page()
            for view, (at, place, shown) in views.items():
                page.goto("about:blank")
                page.goto(f"{at}/{place}")
                page.locator(shown).first.wait_for(timeout=90_000)
                if view == "check":
                    page.get_by_label("Find in document").fill("pressure")
                    page.locator(".here").first.wait_for()
                if view == "operation":
                    page.locator(".dead summary").click()
                    page.get_by_text("EchoFault").wait_for()
                if view == "watch":
                    page.get_by_text("pages/s").wait_for()
                save(page, f"{view}-{width}-{scheme}")
            page.context.close()


def save(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    # Colours move for half a second after a page has been read.
    page.wait_for_timeout(600)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    if name in _SHOWN:
        # What is below stands in no relation to what there is to see.
        image = small(image.crop((0, 0, image.width, _SHOWN[name])))
    image.save(path, optimize=True)
    sys.stderr.write(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} KB\n")


def small(image: Image.Image) -> Image.Image:
    """The same in 256 colours: those that cover most of it, and those that are rarest."""
    frequent = image.quantize(_FREQUENT, method=Image.Quantize.MEDIANCUT)
    rare = image.quantize(256 - _FREQUENT, method=Image.Quantize.MAXCOVERAGE)
    palette = Image.new("P", (1, 1))
    colours = [colour for each in (frequent, rare) for colour in each.getpalette() or ()]
    palette.putpalette(colours[: 3 * 256])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def samples() -> list[Path]:
    return sorted(each for each in (ROOT / "samples").iterdir() if each.suffix in {".pdf", ".png"})


def hand_in(address: str, content: bytes, filename: str, **options: str) -> str:
    params = {"filename": filename, **options}
    answer = httpx.post(f"{address}/jobs", params=params, content=content, timeout=60)
    return str(answer.raise_for_status().json()["job_id"])


def all_ended(address: str, jobs: Any) -> bool:
    return all(
        httpx.get(f"{address}/jobs/{job}", timeout=30).json()["ended_at"] is not None
        for job in jobs
    )


if __name__ == "__main__":
    main()
