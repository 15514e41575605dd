"""Pages that are one scan: when it travels as it is, and when the page is rendered after all."""

import io
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from bench.pipeline.paper import letter
from bench.pipeline.pdf_file import scanned_pdf
from ingest.page_image import PageImage
from ingest.rasterise import open_document
from tests.documents import encoded, picture
from tests.scanned_pdf import pdf_of_scan, scan

CORPUS = Path(__file__).parents[3] / "shared/corpus/documents"
GREY, RGB = scan(), scan(mode="RGB")
MASK = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
    b"/BitsPerComponent 8 /Length 1 >>\nstream\n\x00\nendstream"
)


def page_of(folder: Path, content: bytes, *, dpi: int = 100) -> PageImage:
    path = folder / "document"
    path.write_bytes(content)
    with closing(open_document(path, dpi=dpi)) as document:
        return document.render(0)


@pytest.mark.parametrize(
    ("jpeg", "content"),
    [
        (GREY, pdf_of_scan(GREY)),
        (RGB, pdf_of_scan(RGB, image="/ColorSpace /DeviceRGB /DecodeParms << /Quality 60 >>")),
        (GREY, pdf_of_scan(GREY, content="0 0 595 842 re W n q 595 0 0 842 0 0 cm /Im Do Q")),
        (
            GREY,
            pdf_of_scan(
                GREY,
                content="q 595 0 0 842 0 0 cm /Im Do Q BT 3 Tr /F1 9 Tf 9 9 Td (found) Tj ET",
            ),
        ),
    ],
    ids=["grey", "RGB", "clipped by the page itself", "text of an OCR under it"],
)
def test_a_page_that_is_one_scan_travels_as_the_bytes_in_the_file(
    tmp_path: Path, jpeg: bytes, content: bytes
) -> None:
    image = page_of(tmp_path, content)
    assert image.data == jpeg
    assert (image.width_px, image.height_px, image.dpi) == (827, 1169, 100)


def test_a_finer_scan_keeps_its_resolution_and_a_much_coarser_one_is_rendered(
    tmp_path: Path,
) -> None:
    assert page_of(tmp_path, pdf_of_scan(GREY), dpi=60).dpi == 100
    assert page_of(tmp_path, pdf_of_scan(GREY), dpi=130).dpi == 100
    rendered = page_of(tmp_path, pdf_of_scan(GREY), dpi=150)
    assert (rendered.dpi, rendered.width_px) == (150, 1240)


IM = "q 595 0 0 842 0 0 cm /Im Do Q "
NOT_AS_IT_IS = {
    "turned page": pdf_of_scan(GREY, page="/Rotate 90"),
    "inverted": pdf_of_scan(GREY, image="/ColorSpace /DeviceGray /Decode [1 0]"),
    "masked": pdf_of_scan(GREY, image="/ColorSpace /DeviceGray /SMask 6 0 R", objects=[MASK]),
    "colour key": pdf_of_scan(GREY, image="/ColorSpace /DeviceGray /Mask [0 9]"),
    "palette": pdf_of_scan(GREY, image="/ColorSpace [/Indexed /DeviceGray 1 <00ff>]"),
    "name in another spelling": pdf_of_scan(
        GREY, image="/ColorSpace /DeviceGray /De#63ode [1 0]"
    ),
    "no YCbCr": pdf_of_scan(
        RGB, image="/ColorSpace /DeviceRGB /DecodeParms << /ColorTransform 0 >>"
    ),
    "mirrored": pdf_of_scan(GREY, content="q -595 0 0 842 595 0 cm /Im Do Q"),
    "half the page": pdf_of_scan(GREY, content="q 595 0 0 421 0 0 cm /Im Do Q"),
    "twice": pdf_of_scan(GREY, content=IM * 2),
    "visible text over it": pdf_of_scan(GREY, content=IM + "BT /F1 9 Tf 9 9 Td (x) Tj ET"),
    "a line over it": pdf_of_scan(GREY, content=IM + "0 0 m 100 100 l S"),
    "clipped": pdf_of_scan(GREY, content="100 100 300 300 re W n " + IM),
    "cropped": pdf_of_scan(GREY, page="/CropBox [100 100 400 400]"),
    "in a layer": pdf_of_scan(
        GREY,
        content="/OC /L BDC " + IM + "EMC",
        resources="/Properties << /L 6 0 R >>",
        objects=[b"<< /Type /OCG /Name (L) >>"],
    ),
    "turned by its camera": pdf_of_scan(scan(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0"
                                             b"\0\0\x01\0\x06\0\0\0\0\0\0")),
    "cut off": pdf_of_scan(GREY[:-400]),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_AS_IT_IS)
def test_what_is_seen_otherwise_than_its_bytes_is_rendered(tmp_path: Path, name: str) -> None:
    content = NOT_AS_IT_IS[name]
    image = page_of(tmp_path, content)
    assert image.data not in content
    with Image.open(io.BytesIO(image.data)) as decoded:
        assert decoded.size == (image.width_px, image.height_px)


def test_cmyk_and_other_encodings_are_rendered(tmp_path: Path) -> None:
    cmyk = encoded(Image.new("CMYK", (827, 1169), (0, 0, 0, 200)), "JPEG")
    png_inside = io.BytesIO()
    picture(size=(827, 1169)).convert("1").save(png_inside, format="PDF", resolution=100)
    for content in (
        pdf_of_scan(cmyk, image="/ColorSpace /DeviceCMYK"),
        png_inside.getvalue(),
    ):
        image = page_of(tmp_path, content)
        assert image.data not in content
        with Image.open(io.BytesIO(image.data)) as decoded:
            assert decoded.mode == "RGB"


def test_scans_of_one_scanner_travel_as_they_are_though_their_files_begin_alike(
    tmp_path: Path,
) -> None:
    jpegs = [letter(number) for number in range(4)]
    assert len({jpeg[:512] for jpeg in jpegs}) == 1
    path = tmp_path / "letters.pdf"
    path.write_bytes(scanned_pdf([*jpegs, jpegs[1]], dpi=200))
    with closing(open_document(path, dpi=200)) as document:
        taken = [document.render(index).data for index in (0, 1, 2, 3, 4, 2, 0)]
    assert taken == [*jpegs, jpegs[1], jpegs[2], jpegs[0]]


def test_scans_are_found_in_any_order_of_pages(tmp_path: Path) -> None:
    pages = [Image.new("L", (827, 1169), 40 * number) for number in range(1, 5)]
    out = io.BytesIO()
    pages[0].save(out, format="PDF", save_all=True, append_images=pages[1:], resolution=100)
    (tmp_path / "a.pdf").write_bytes(out.getvalue())
    with closing(open_document(tmp_path / "a.pdf", dpi=100)) as document:
        for index in (3, 0, 2, 1):
            assert document.render(index).data in out.getvalue()


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no documents in ../shared/corpus")
def test_real_scans_travel_as_they_are_where_nothing_else_is_seen(tmp_path: Path) -> None:
    def as_it_is(name: str) -> bool:
        content = (CORPUS / name).read_bytes()
        return page_of(tmp_path, content, dpi=200).data in content

    assert as_it_is("francais.pdf")
    for name in ("jbig2.pdf", "ccitt.pdf", "cmyk.pdf", "masks.pdf", "rotated_skew.pdf"):
        assert not as_it_is(name), name
