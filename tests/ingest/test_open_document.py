"""Documents as the renderer meets them: good ones of every kind, and each kind of bad one."""

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from PIL import Image

from contracts.errors import DocumentRejected, PageUnreadable
from ingest.page_image import MAX_PIXELS, PageImage
from ingest.rasterise import Document, open_document
from tests.documents import bad_documents, encoded, pdf, pdf_with_sizes, picture

CORPUS = Path(__file__).parents[3] / "shared/corpus"


@contextmanager
def opened(folder: Path, content: bytes, *, dpi: int = 200) -> Iterator[Document]:
    path = folder / "document"
    path.write_bytes(content)
    with closing(open_document(path, dpi=dpi)) as document:
        yield document


def only_page(folder: Path, content: bytes) -> PageImage:
    with opened(folder, content) as document:
        assert document.page_count == 1
        return document.render(0)


def test_pdf_pages_are_rendered_at_the_dpi_that_was_asked_for(tmp_path: Path) -> None:
    with opened(tmp_path, pdf(3), dpi=144) as document:
        image = document.render(2)
        assert document.page_count == 3
    assert (image.width_px, image.height_px, image.dpi) == (1190, 1684, 144)
    with Image.open(io.BytesIO(image.data)) as decoded:
        assert decoded.size == (1190, 1684)


def test_a_png_and_an_upright_jpeg_travel_as_they_are(tmp_path: Path) -> None:
    for kind in ("PNG", "JPEG"):
        content = encoded(picture("as it is"), kind, dpi=(150, 150))
        image = only_page(tmp_path, content)
        assert image.data == content
        assert image.dpi == 150


def test_a_turned_jpeg_is_set_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    image = only_page(tmp_path, encoded(picture(size=(900, 200)), "JPEG", exif=exif))
    assert (image.width_px, image.height_px) == (200, 900)


def test_transparency_becomes_white_paper(tmp_path: Path) -> None:
    image = only_page(tmp_path, encoded(Image.new("RGBA", (60, 40), (0, 0, 0, 0))))
    with Image.open(io.BytesIO(image.data)) as decoded:
        assert decoded.convert("L").getextrema() == (255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16", "LA"])
def test_every_colour_mode_becomes_grey_or_rgb(tmp_path: Path, mode: str) -> None:
    image = only_page(tmp_path, encoded(Image.new(mode, (60, 40)), "TIFF"))
    with Image.open(io.BytesIO(image.data)) as decoded:
        assert decoded.mode in {"L", "RGB"}


def test_a_tiff_has_a_page_a_frame(tmp_path: Path) -> None:
    frames = [Image.new("L", (100 + n, 50), 255) for n in range(3)]
    content = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    with opened(tmp_path, content) as document:
        widths = [document.render(n).width_px for n in range(document.page_count)]
    assert widths == [100, 101, 102]


def test_each_kind_of_bad_document_is_refused_in_words(tmp_path: Path) -> None:
    for name, words in bad_documents(tmp_path).items():
        content = (tmp_path / name).read_bytes()
        with pytest.raises((DocumentRejected, PageUnreadable), match=words):
            only_page(tmp_path, content)


def test_a_page_with_too_many_pixels_costs_that_page_only(tmp_path: Path) -> None:
    content = pdf_with_sizes([(595, 842), (14000, 14000), (595, 842)])
    with opened(tmp_path, content) as document:
        with pytest.raises(PageUnreadable, match=r"page 2 is \d+ x \d+ px, over the limit of 178"):
            document.render(1)
        assert document.render(2).width_px > 1000


def test_an_image_with_too_many_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    side = int(MAX_PIXELS**0.5) + 200
    content = encoded(Image.new("1", (side, side)))
    with pytest.raises(DocumentRejected, match="more pixels than can be read"):
        only_page(tmp_path, content)


def test_a_page_too_long_for_a_jpeg_is_rendered_all_the_same(tmp_path: Path) -> None:
    with opened(tmp_path, pdf_with_sizes([(70_000, 20)]), dpi=72) as document:
        image = document.render(0)
    assert (image.width_px, image.height_px) == (70_000, 20)
    with Image.open(io.BytesIO(image.data)) as decoded:
        assert decoded.size == (70_000, 20)


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no documents in ../shared/corpus")
def test_real_scans_of_every_kind_are_rendered() -> None:
    for path in sorted((CORPUS / "documents").iterdir()):
        if path.suffix in {".pdf", ".png", ".jpg"} and "password" not in path.name:
            with closing(open_document(path, dpi=100)) as document:
                image = document.render(0)
            assert image.width_px * image.height_px > 10_000, path.name
