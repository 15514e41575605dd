"""Blank pages cost nothing, and no letter is lost among them."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from contracts.job_options import MODES
from ingest.blank_images import image_shows_nothing, shows_nothing
from ingest.image_document import ImageDocument
from ingest.page_image import PageImage
from ingest.page_taking import take_page
from ingest.pdf_document import PdfDocument
from tests.documents import encoded
from tests.ingest.text_pages import page, taken, told, words

DPI = 200
SIZE = (1240, 1754)  # A5


def paper(*, seed: int = 2, noise: float = 6.0) -> Image.Image:
    """A scan of nothing: rough, dusty, with the shadow of the glass's edge on the left."""
    random = np.random.default_rng(seed)
    grey = random.normal(243.0, noise, (SIZE[1], SIZE[0]))
    for x, y in random.integers((60, 30), (SIZE[0] - 30, SIZE[1] - 30), (25, 2)):
        grey[y : y + 2, x : x + 2] = 70.0
    grey[:, :20] = np.linspace(60.0, 220.0, 20)
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def with_text(
    image: Image.Image, text: str, *, at: tuple[int, int], pt: float, shade: int
) -> Image.Image:
    font = ImageFont.load_default(pt * DPI / 72.0)
    ImageDraw.Draw(image).text(at, text, font=font, fill=shade)
    return image


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_paper_is_blank_with_noise_dust_and_a_shadow_on_it(seed: int) -> None:
    scan = paper(seed=seed)
    assert shows_nothing(scan, dpi=DPI)
    assert shows_nothing(scan.convert("RGB"), dpi=DPI)
    jpeg = encoded(scan, "JPEG", quality=85)
    assert image_shows_nothing(PageImage(data=jpeg, width_px=SIZE[0], height_px=SIZE[1], dpi=DPI))


@pytest.mark.parametrize("shade", [255, 200, 0])
def test_paper_of_one_colour_is_blank(shade: int) -> None:
    assert shows_nothing(Image.new("L", SIZE, shade), dpi=DPI)


@pytest.mark.parametrize(
    ("text", "pt", "at", "shade"),
    [
        ("a", 9, (600, 800), 20),
        ("I", 8, (500, 900), 20),
        ("7", 8, (610, 1680), 60),
        ("end", 8, (600, 200), 90),
        ("a line of print in light grey", 10, (300, 500), 205),
        ("a longer line of print in lighter grey", 10, (300, 500), 218),
    ],
)
@pytest.mark.parametrize("noise", [0.0, 6.0])
def test_no_letter_is_lost(
    text: str, pt: float, at: tuple[int, int], shade: int, noise: float
) -> None:
    scan = with_text(paper(noise=noise), text, at=at, pt=pt, shade=shade)
    assert not shows_nothing(scan, dpi=DPI)
    out = io.BytesIO()
    scan.save(out, format="JPEG", quality=85)
    image = PageImage(data=out.getvalue(), width_px=SIZE[0], height_px=SIZE[1], dpi=DPI)
    assert not image_shows_nothing(image)


def test_white_print_on_black_and_a_large_patch_are_no_blank_page() -> None:
    negative = with_text(Image.new("L", SIZE, 20), "night", at=(400, 700), pt=12, shade=240)
    assert not shows_nothing(negative, dpi=DPI)
    patch = Image.new("L", SIZE, 250)
    patch.paste(90, (300, 300, 420, 420))
    assert not shows_nothing(patch, dpi=DPI)


def test_blank_pages_need_no_node_whatever_they_come_as(tmp_path: Path) -> None:
    assert told(tmp_path, page(" ")).source == "blank"
    assert told(tmp_path, page("1 g 0 0 595 842 re f"), mode="ocr").source == "blank"
    scan = page("q 595 0 0 842 0 0 cm /Im Do Q", shown=paper().convert("RGB"))
    assert told(tmp_path, scan).source == "blank"
    path = tmp_path / "scan.png"
    path.write_bytes(encoded(paper(), dpi=(DPI, DPI)))
    result = take_page(ImageDocument(path, dpi=DPI), 0, mode="auto")
    assert result.model_dump(include={"source", "text", "lines", "width_px"}) == {  # type: ignore[union-attr]
        "source": "blank", "text": "", "lines": (), "width_px": SIZE[0],
    }  # fmt: skip


def test_what_a_program_has_drawn_is_seen_at_the_edge_too(tmp_path: Path) -> None:
    for mode in MODES:
        result = taken(tmp_path, page("2 2 9 30 re f"), mode=mode)
        assert isinstance(result, PageImage) or (mode, result.source) == ("text", "text_layer")


def test_faint_print_of_a_digital_page_is_no_blank_page(tmp_path: Path) -> None:
    faint = words("hardly to be seen", how="0.9 g")
    assert told(tmp_path, page(faint)).text == "hardly to be seen"
    path = tmp_path / "page.pdf"
    path.write_bytes(page(faint))
    document = PdfDocument(path, dpi=DPI)
    assert document.render(0).blank is False
    document.close()


def test_what_cannot_be_imported_is_no_fault_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pdf").write_bytes(page(words("Some words of print", x=72, y=700)))
    for name in ("ingest.page_ink", "ingest.blank_pages"):
        monkeypatch.setitem(sys.modules, name, None)
    document = PdfDocument(tmp_path / "a.pdf", dpi=DPI)
    with pytest.raises(ImportError):
        take_page(document, 0, mode="auto")
    scan = PageImage(data=encoded(paper(), "JPEG"), width_px=SIZE[0], height_px=SIZE[1], dpi=DPI)
    with pytest.raises(ImportError):
        image_shows_nothing(scan)
