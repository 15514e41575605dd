"""When a text layer is trusted: decided on facts, and on pages of which they are measured."""

from pathlib import Path

import pytest

from contracts.job_options import Mode
from contracts.pages import PageSucceeded
from ingest.page_image import PageImage
from ingest.trust import Choice, Facts, decide
from tests.documents import picture
from tests.ingest.text_pages import PARAGRAPH, page, taken, told, words

WHOLE_PAGE = "q 595 0 0 842 0 0 cm /Im Do Q "
PICTURE = "q 400 0 0 300 90 200 cm /Im Do Q "
SIGN = picture("Weighbridge closed\nUse gate 4", size=(800, 600))
# A font whose glyphs have a look, and names that mean nothing.
NAMELESS = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> /F3 6 0 R >>"
TYPE3 = (
    b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 700 700] /FontMatrix [.001 0 0 .001 0 0] "
    b"/CharProcs << /g1 7 0 R >> /Encoding << /Type /Encoding /Differences [65 /g1 /g1 /g1] >> "
    b"/FirstChar 65 /LastChar 67 /Widths [700 700 700] >>",
    b"<< /Length 37 >>\nstream\n700 0 0 0 600 700 d1 90 0 400 600 re f\nendstream",
)


@pytest.mark.parametrize(
    ("facts", "choice"),
    [
        (Facts(any_ink=False), "blank"),
        (Facts(any_ink=True), "ocr"),
        (Facts(any_ink=True, hidden=400), "ocr"),
        (Facts(any_ink=True, on_ink=300, chars=1500), "text_layer"),
        (Facts(any_ink=True, on_ink=300, chars=1500, like_language=False), "ocr"),
        (Facts(any_ink=True, on_ink=300, off_ink=100, chars=1500), "ocr"),
        (Facts(any_ink=True, on_ink=300, off_ink=3, chars=1500), "text_layer"),
        (Facts(any_ink=True, on_ink=9, chars=40, unmapped=9, unmapped_chars=40), "ocr"),
        (Facts(any_ink=True, on_ink=300, chars=1500, unmapped=2, unmapped_chars=2), "text_layer"),
        (
            Facts(any_ink=True, on_ink=300, chars=1500, unmapped=2, unmapped_chars=2, torn=1),
            "both",
        ),
        (Facts(any_ink=True, on_ink=12, chars=60, picture_share=0.9, picture_steps=900), "ocr"),
        (Facts(any_ink=True, on_ink=200, chars=999, picture_share=0.9, picture_steps=900), "both"),
        (Facts(any_ink=True, on_ink=200, chars=999, picture_share=0.9), "text_layer"),
        (Facts(any_ink=True, on_ink=200, chars=999, stray_shapes=3), "text_layer"),
        (Facts(any_ink=True, on_ink=200, chars=999, stray_shapes=60), "both"),
        (Facts(any_ink=True, on_ink=3, hidden=200, chars=20), "both"),
    ],
)
def test_facts_decide(facts: Facts, choice: Choice) -> None:
    assert decide(facts) == choice


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a hidden layer upon a scan", WHOLE_PAGE + words(*PARAGRAPH, how="3 Tr")),
        ("text behind a scan", words(*PARAGRAPH) + WHOLE_PAGE),
        ("clipped text", "q 0 0 9 9 re W n " + words(*PARAGRAPH) + " Q 72 300 90 9 re f"),
        ("a picture with a stamp", "q 595 0 0 700 0 0 cm /Im Do Q " + words("Page 3 of 9")),
        ("a drawing", "72 300 90 9 re f 72 400 m 300 500 l S"),
    ],
)
def test_a_page_whose_layer_says_little_of_it_is_read(
    tmp_path: Path, name: str, content: str
) -> None:
    result = taken(tmp_path, page(content, shown=SIGN))
    assert isinstance(result, PageImage), name
    assert result.known_lines == ()


def test_a_page_in_a_font_without_meanings_is_read(tmp_path: Path) -> None:
    content = page("BT /F3 12 Tf 72 700 Td (ABCABC BCA) Tj ET", resources=NAMELESS, objects=TYPE3)
    result = taken(tmp_path, content)
    assert isinstance(result, PageImage)
    assert result.known_lines == ()
    assert told(tmp_path, content, mode="text").text == ""


def test_beside_a_picture_that_may_hold_text_the_lines_are_known(tmp_path: Path) -> None:
    result = taken(tmp_path, page(words(*PARAGRAPH) + PICTURE, shown=SIGN))
    assert isinstance(result, PageImage)
    assert [line.text for line in result.known_lines] == list(PARAGRAPH)


def test_a_picture_without_any_edge_is_no_reason_to_read(tmp_path: Path) -> None:
    plain = picture(size=(80, 60)).point(lambda value: value // 2)
    assert told(tmp_path, page(PICTURE + words(*PARAGRAPH), shown=plain)).source == "text_layer"


@pytest.mark.parametrize("mode", ["ocr", "text"])
def test_a_mode_is_obeyed_whatever_the_page_is_like(tmp_path: Path, mode: Mode) -> None:
    hidden = page(WHOLE_PAGE + words(*PARAGRAPH, how="3 Tr"), shown=SIGN)
    plain = page(words(*PARAGRAPH))
    for content in (hidden, plain):
        result = taken(tmp_path, content, mode=mode)
        if mode == "ocr":
            assert isinstance(result, PageImage)
            assert result.known_lines == ()
        else:
            assert isinstance(result, PageSucceeded)
            assert result.text.splitlines() == list(PARAGRAPH)
            assert result.source == "text_layer"


def test_in_mode_text_a_scan_has_no_text(tmp_path: Path) -> None:
    result = told(tmp_path, page(WHOLE_PAGE, shown=SIGN), mode="text")
    assert (result.source, result.text, result.lines) == ("text_layer", "", ())
