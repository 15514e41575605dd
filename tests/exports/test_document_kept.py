"""What a searchable PDF keeps of the document that it is made of."""

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf

from bench.pdf_checks import complaints, pdf_text, words_of
from contracts.errors import FormatUnavailable
from contracts.pages import PageResult
from samples.born_digital import text_pdf
from tests.documents import NONE, pdf
from tests.examples import page_failed
from tests.exports.reading import box, dense_page, line, needs_tools, page, searchable
from tests.scanned_pdf import pdf_of_scan, scan

_PASSWORD, _WRONG = "pässword", "no"
_READ = line("read again", box(200, 1500, 400, 40))


def _rich_pdf() -> bytes:
    """Three scans; a link, bookmarks, labels, metadata, a form, a file; two share resources."""
    made = Pdf.new()
    for number in range(3):
        with pikepdf.open(io.BytesIO(pdf_of_scan(scan(shade=150 + 20 * number)))) as one:
            made.pages.extend(one.pages)
    shared = made.make_indirect(made.pages[0].obj.Resources)
    made.pages[0].obj.Resources = shared
    made.pages[1].obj.Resources = shared
    with made.open_outline() as outline:
        outline.root.append(OutlineItem("Second page", 1))
    made.pages[0].obj.Annots = Array(
        [
            made.make_indirect(
                Dictionary(
                    Type=Name.Annot,
                    Subtype=Name.Link,
                    Rect=Array([10, 10, 50, 50]),
                    A=Dictionary(S=Name.URI, URI=b"https://example.org/"),
                )
            )
        ]
    )
    made.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
    made.Root.AcroForm = Dictionary(Fields=Array([]), DA=b"/Helv 0 Tf")
    made.attachments["data.csv"] = b"a,b\n1,2\n"
    with made.open_metadata() as metadata:
        metadata["dc:title"] = "Of the original"
    made.docinfo["/Author"] = "Somebody"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@needs_tools
def test_all_but_the_text_is_as_it_was(tmp_path: Path) -> None:
    document = _rich_pdf()
    out = searchable(document, [page([_READ], page_index=n) for n in range(3)], tmp_path)
    with pikepdf.open(io.BytesIO(document)) as before, pikepdf.open(out) as after:
        for one, other in zip(before.pages, after.pages, strict=True):
            assert _raw(one.obj.Contents) in [_raw(each) for each in other.obj.Contents]
            assert _raw(one.get_images()["/Im"]) == _raw(other.get_images()["/Im"])
        with after.open_outline() as outline:
            assert [each.title for each in outline.root] == ["Second page"]
        assert after.pages[0].obj.Annots[0].A.URI == before.pages[0].obj.Annots[0].A.URI
        assert [each.label for each in after.pages] == ["i", "ii", "iii"]
        assert after.attachments["data.csv"].get_file().read_bytes() == b"a,b\n1,2\n"
        assert after.Root.AcroForm.DA == before.Root.AcroForm.DA
        assert after.docinfo["/Author"] == "Somebody"
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
    assert complaints(out) == ""


def _raw(stream: pikepdf.Object) -> bytes:
    return stream.read_raw_bytes()


@needs_tools
def test_a_document_with_streams_of_objects_keeps_them_and_does_not_grow(tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(_rich_pdf())) as opened:
        buffer = io.BytesIO()
        opened.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    document = buffer.getvalue()
    out = searchable(document, [dense_page()], tmp_path)
    assert len(out.read_bytes()) - len(document) < 15_000
    with pikepdf.open(io.BytesIO(document)) as before, pikepdf.open(out) as after:
        for one, other in zip(before.pages, after.pages, strict=True):
            assert _raw(one.get_images()["/Im"]) == _raw(other.get_images()["/Im"])
        assert before.pdf_version == after.pdf_version
    assert complaints(out) == ""


def test_pages_that_were_not_read_are_as_they_were(tmp_path: Path) -> None:
    results: list[PageResult] = [
        page([_READ], page_index=1),
        page_failed(page_index=2),
        page([line("own", box(0, 0, 99, 20))], page_index=3, source="text_layer"),
        page([], page_index=4, source="blank"),
        page([_READ], page_index=77),
    ]
    document = pdf(5)
    out = searchable(document, results, tmp_path)
    with pikepdf.open(io.BytesIO(document)) as before, pikepdf.open(out) as after:
        for index in (0, 2, 3, 4):
            one, other = (opened.pages[index].obj for opened in (before, after))
            assert {*one.keys()} == {*other.keys()}
            assert _raw(one.Contents) == _raw(other.Contents)
    with pypdfium2.PdfDocument(out) as opened:
        assert "read again" in opened[1].get_textpage().get_text_range()


@needs_tools
def test_a_line_of_the_pages_own_text_is_not_there_twice(tmp_path: Path) -> None:
    known = line("Born digital", box(200, 190, 300, 30)).model_copy(update={"source": "text_layer"})
    document = text_pdf([["Born digital"]], headings=NONE)
    out = searchable(document, [page([known, _READ])], tmp_path)
    assert words_of(pdf_text(out)) == words_of("Born digital read again")


def test_a_second_run_finds_a_name_of_its_own(tmp_path: Path) -> None:
    first = searchable(pdf_of_scan(scan()), [page([_READ])], tmp_path, name="first.pdf")
    with pikepdf.open(first) as opened:
        opened.pages[0].obj.Resources.Font.OCR.BaseFont = Name.Other
        document = io.BytesIO()
        opened.save(document)
    more = page([line("and once more", box(200, 300, 400, 40))])
    out = searchable(document.getvalue(), [more], tmp_path)
    with pikepdf.open(out) as opened:
        assert {*opened.pages[0].obj.Resources.Font.keys()} >= {"/OCR", "/OCR_1"}
        assert opened.pages[0].obj.Resources.Font.OCR.BaseFont == Name.Other


@needs_tools
def test_unbalanced_contents_do_not_move_the_words(tmp_path: Path) -> None:
    document = pdf_of_scan(scan(), content="q 595 0 0 842 0 0 cm /Im Do 3 0 0 3 9 9 cm q")
    out = searchable(document, [page([_READ])], tmp_path)
    with pypdfium2.PdfDocument(out) as opened:
        left, _, _, top = opened[0].get_textpage().get_charbox(0)
    assert left == pytest.approx(200 * 595 / 1654, abs=1)
    assert 842 - top == pytest.approx(1500 * 842 / 2339, abs=1)


def test_an_encrypted_document_opens_with_its_password_and_is_written_without(
    tmp_path: Path,
) -> None:
    plain = pdf_of_scan(scan())
    with pikepdf.open(io.BytesIO(plain)) as opened:
        buffer = io.BytesIO()
        opened.save(buffer, encryption=pikepdf.Encryption(owner="own", user=_PASSWORD))
    encrypted = buffer.getvalue()
    out = searchable(encrypted, [page([_READ])], tmp_path, password=_PASSWORD)
    with pikepdf.open(out) as opened, pikepdf.open(io.BytesIO(plain)) as before:
        assert not opened.is_encrypted
        assert _raw(opened.pages[0].get_images()["/Im"]) == _raw(
            before.pages[0].get_images()["/Im"]
        )
    with pytest.raises(FormatUnavailable, match="password"):
        searchable(encrypted, [page([_READ])], tmp_path, name="wrong.pdf", password=_WRONG)
    assert not (tmp_path / "wrong.pdf").exists()


def test_an_encrypted_document_without_its_password_says_how_to_hand_it_in(
    tmp_path: Path,
) -> None:
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf_of_scan(scan()))) as opened:
        opened.save(buffer, encryption=pikepdf.Encryption(owner="own", user=_PASSWORD))
    with pytest.raises(FormatUnavailable, match=r"not kept with it; submit .*qpdf --decrypt"):
        searchable(buffer.getvalue(), [page([_READ])], tmp_path)
