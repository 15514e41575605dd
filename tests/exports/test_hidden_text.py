"""The invisible text of an earlier OCR: gone from pages that were read, kept on all others."""

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from contracts.pages import Line, PageResult
from exports.pdf_hidden_operators import without_invisible_text
from tests.exports.reading import box, line, page, searchable

_READ = line("good words", box(200, 1500, 400, 40))


def _pdf(*contents: bytes, form: bytes | None = None) -> bytes:
    """A page for each content; all may draw the form /Old."""
    with Pdf.new() as made:
        font = made.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        )
        resources = made.make_indirect(Dictionary(Font=Dictionary(F=font), XObject=Dictionary()))
        if form is not None:
            resources.XObject.Old = made.make_stream(
                form,
                Type=Name.XObject,
                Subtype=Name.Form,
                BBox=Array([0, 0, 595, 842]),
                Resources=Dictionary(Font=Dictionary(F=font)),
            )
        for content in contents:
            added = made.add_blank_page(page_size=(595, 842))
            added.obj.Resources = resources
            added.obj.Contents = made.make_stream(content)
        out = io.BytesIO()
        made.save(out)
        return out.getvalue()


def _texts(document: bytes, results: list[PageResult], folder: Path) -> list[str]:
    out = searchable(document, results, folder)
    with pypdfium2.PdfDocument(out) as opened:
        return [each.get_textpage().get_text_range() for each in opened]


def test_invisible_text_is_removed_from_pages_that_were_read_only(tmp_path: Path) -> None:
    bad = b"BT /F 12 Tf 3 Tr 100 700 Td (bad w0rds) Tj ET"
    document = _pdf(bad, bad, bad)
    own = page([line("bad w0rds", box(0, 0, 99, 20))], page_index=1, source="text_layer")
    texts = _texts(document, [page([_READ]), own], tmp_path)
    assert texts == ["good words", "bad w0rds", "bad w0rds"]


def test_a_form_that_pages_share_is_cleaned_for_those_that_were_read(tmp_path: Path) -> None:
    form = b"q BT /F 12 Tf 3 Tr 100 700 Td [(bad) -500 (w0rds)] TJ ET Q BT /F 9 Tf (seen) Tj ET"
    document = _pdf(*[b"/Old Do"] * 3, form=form)
    results = [page([_READ], page_index=index) for index in (0, 2)]
    texts = _texts(document, list(results), tmp_path)
    assert "bad" in texts[1]
    for index in (0, 2):
        assert "bad" not in texts[index]
        assert "seen" in texts[index]
        assert "good words" in texts[index]
    with pikepdf.open(tmp_path / "searchable.pdf") as opened:
        forms = [each.obj.Resources.XObject.Old.objgen for each in opened.pages]
    assert forms[0] == forms[2] != forms[1]


def test_a_page_on_which_nothing_was_read_keeps_what_it_has(tmp_path: Path) -> None:
    document = _pdf(b"BT /F 12 Tf 3 Tr 100 700 Td (old words) Tj ET")
    assert _texts(document, [page([])], tmp_path) == ["old words"]


def test_invisible_text_that_was_trusted_stays_where_the_rest_goes(tmp_path: Path) -> None:
    document = _pdf(b"BT /F 12 Tf 3 Tr 1 0 0 1 100 700 Tm (trusted) Tj 0 -300 Td (bad w0rds) Tj ET")
    scale = 1654 / 595
    known = Line(
        text="trusted",
        confidence=1.0,
        polygon=box(100 * scale, 130 * scale, 40 * scale, 14 * scale),
        source="text_layer",
    )
    (text,) = _texts(document, [page([known, _READ])], tmp_path)
    assert "trusted" in text
    assert "good words" in text
    assert "bad" not in text


@pytest.mark.parametrize(
    ("content", "left"),
    [
        # Modes end with Q, and go on over text objects.
        (b"q 3 Tr BT (a) Tj ET Q BT (b) Tj ET", b"q 3 Tr BT ET Q BT (b) Tj ET"),
        (b"3 Tr BT (a) Tj ET BT (b) Tj ET", b"3 Tr BT ET BT ET"),
        # The other things that an operator does stay.
        (b"BT 3 Tr (a) ' 1 2 (b) \" ET", b"BT 3 Tr T* 1 Tw 2 Tc T* ET"),
        # It decides where b stands.
        (b"BT 3 Tr (a) Tj 0 Tr (b) Tj ET", None),
        (b"BT 3 Tr (a) Tj 0 Tr 9 0 Td (b) Tj ET", b"BT 3 Tr 0 Tr 9 0 Td (b) Tj ET"),
        (b"BT 0 Tr (a) Tj 7 Tr (b) Tj ET", None),
        # Damage is passed over.
        (b"BT /X Tr (a) Tj 3 Tr (b) Tj ET Q Q", b"BT /X Tr (a) Tj 3 Tr ET Q Q"),
    ],
)
def test_only_operators_that_show_invisible_text_go(content: bytes, left: bytes | None) -> None:
    with pikepdf.new() as scratch:
        instructions = pikepdf.parse_content_stream(scratch.make_stream(content))
        kept = without_invisible_text(instructions, stays=lambda _x, _y: False)
    written = None if kept is None else pikepdf.unparse_content_stream(kept)
    assert (None if written is None else written.split()) == (
        None if left is None else left.split()
    )


def test_contents_that_unpack_to_very_much_are_left_as_they_are(tmp_path: Path) -> None:
    import zlib

    bomb = zlib.compress(b"BT /F 12 Tf 3 Tr 100 700 Td (old words) Tj ET" + b" " * 30_000_000)
    with pikepdf.open(io.BytesIO(_pdf(b""))) as made:
        made.pages[0].obj.Contents = made.make_stream(bomb, Filter=Name.FlateDecode)
        document = io.BytesIO()
        made.save(document)
    limits = pikepdf.settings.get_qpdf_limits()
    (text,) = _texts(document.getvalue(), [page([_READ])], tmp_path)
    assert {"old words", "good words"} <= {*text.split("\r\n")}
    assert pikepdf.settings.get_qpdf_limits() == limits
