"""hOCR as browsers, hocr-tools and OCRmyPDF read it."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from lxml import etree

from contracts.errors import FormatUnavailable
from contracts.pages import PageFailed, PageResult
from exports.geometry import Box
from exports.page_blocks import blocks_of
from tests.exports.made_pages import a_document, any_pages, exported

XHTML: Final = "{http://www.w3.org/1999/xhtml}"
# What may stand in what, from the outside.
LEVELS: Final = ("ocr_page", "ocr_carea", "ocr_par", "ocr_line", "ocrx_word")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hocr")


def of_class(root: etree.Element, name: str) -> list[etree.Element]:
    return [each for each in root.iter() if each.get("class") == name]


def properties(made: etree.Element) -> dict[str, str]:
    """As hocr-tools split a title: at semicolons, then at the first space."""
    pairs = (each.split(None, 1) for each in made.get("title").split(";"))
    return dict(pairs)


def box(of: Box) -> str:
    return f"{of.left} {of.top} {of.right} {of.bottom}"


def meta(root: etree.Element) -> dict[str, str]:
    return {each.get("name"): each.get("content") for each in root.iter(f"{XHTML}meta")}


def assert_is_hocr(root: etree.Element) -> None:
    """What the specification, and hocr-check, ask for."""
    names = meta(root)
    assert names["ocr-system"].startswith("distributed-ocr ")
    classes = {each.get("class") for each in root.iter() if each.get("class")}
    assert classes <= set(names["ocr-capabilities"].split())
    assert "ocr_page" in classes
    identities = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(set(identities)) == len(identities)
    for inner, outer in zip(LEVELS[1:], LEVELS, strict=False):
        assert {each.getparent().get("class") for each in of_class(root, inner)} <= {outer}
    for each in root.iter():
        if each.get("class") in LEVELS:
            left, top, right, bottom = map(int, properties(each)["bbox"].split())
            assert 0 <= left <= right
            assert 0 <= top <= bottom


@settings(max_examples=40)
@given(pages=any_pages())
def test_words_are_read_back_with_their_boxes(folder: Path, pages: list[PageResult]) -> None:
    root = etree.fromstring(exported("hocr", pages, folder).read_bytes())
    assert_is_hocr(root)
    made = of_class(root, "ocr_page")
    assert [properties(page)["ppageno"] for page in made] == [
        str(page.page_index) for page in pages
    ]
    for element, page in zip(made, pages, strict=True):
        assert properties(element)["bbox"] == f"0 0 {page.width_px} {page.height_px}"
        found = [(word.text, properties(word)["bbox"]) for word in of_class(element, "ocrx_word")]
        assert found == [
            (word.text, box(word.box))
            for block in (() if isinstance(page, PageFailed) else blocks_of(page))
            for paragraph in block.paragraphs
            for line in paragraph.lines
            for word in line.words
        ]


def test_a_page_tells_its_image_number_and_resolution(folder: Path) -> None:
    written = exported("hocr", a_document(), folder, filename='a;b"c\\d & e.pdf')
    root = etree.fromstring(written.read_bytes())
    assert root.findtext(f".//{XHTML}title") == 'a;b"c\\d & e.pdf'
    assert properties(of_class(root, "ocr_page")[0]) == {
        "image": '"a_b_c_d & e.pdf"',
        "bbox": "0 0 1000 1400",
        "ppageno": "0",
        "scan_res": "200 200",
    }
    assert "px of the page's image" in meta(root)["description"]


def test_lines_have_baselines_and_turned_ones_an_angle(folder: Path) -> None:
    root = etree.fromstring(exported("hocr", a_document(), folder).read_bytes())
    flat, slanted, _, upwards = sorted(
        of_class(root, "ocr_line"), key=lambda line: int(properties(line)["bbox"].split()[1])
    )
    assert properties(flat) == {"bbox": "100 100 440 140", "baseline": "0 -8", "x_size": "40"}
    assert properties(slanted)["baseline"].split() == ["0.0588", "-28"]
    assert properties(upwards) == {"bbox": "20 700 60 900", "textangle": "90", "x_size": "40"}
    assert properties(of_class(flat, "ocrx_word")[1]) == {
        "bbox": "190 100 320 140",
        "x_wconf": "75",
    }


@pytest.mark.parametrize(
    ("language", "langs", "scripts", "lang"),
    [
        ("german", "de", "Latn", "de"),
        ("rs_cyrillic", "sr", "Cyrl", "sr-Cyrl"),
        ("arabic", "unknown", "Arab", None),
        ("klingon", "unknown", "unknown", None),
    ],
)
def test_languages_are_told_in_codes(
    folder: Path, language: str, langs: str, scripts: str, lang: str | None
) -> None:
    root = etree.fromstring(exported("hocr", a_document(), folder, language=language).read_bytes())
    assert (meta(root)["ocr-langs"], meta(root)["ocr-scripts"]) == (langs, scripts)
    assert {each.get("lang") for each in of_class(root, "ocr_par")} == {lang}


def test_text_from_the_right_is_told(folder: Path) -> None:
    root = etree.fromstring(exported("hocr", a_document(), folder).read_bytes())
    (word,) = (each for each in of_class(root, "ocrx_word") if each.text == "سلام")
    directions = [each.get("dir") for each in word.iterancestors()]
    assert next(filter(None, directions)) == "rtl"


def test_a_page_that_failed_is_empty_and_says_why(folder: Path) -> None:
    root = etree.fromstring(exported("hocr", a_document(), folder).read_bytes())
    failed = of_class(root, "ocr_page")[1]
    reason = ' page 2 was not read: the image is damaged - - "send" <it> again - '
    assert [each.text for each in failed] == [reason]
    assert properties(failed)["bbox"] == "0 0 1000 1400"


def test_a_job_without_pages_is_refused_with_a_sentence(folder: Path) -> None:
    with pytest.raises(FormatUnavailable, match="the job has no pages"):
        exported("hocr", [], folder)


def test_hocr_check_has_nothing_against_it(folder: Path) -> None:
    if (checker := shutil.which("hocr-check")) is None:
        pytest.skip("no hocr-check here (pip install hocr-tools-lib)")
    # It compares boxes of all pages with each other, as if they were one: overlaps are left out.
    said = subprocess.run(
        [checker, "--nooverlap", exported("hocr", a_document(), folder)],
        check=True, capture_output=True, timeout=60,
    ).stderr.decode()  # fmt: skip
    assert "ok 4 - ocr_line" in said
    assert "not ok" not in said


def test_the_document_type_of_xhtml_has_nothing_against_it(folder: Path) -> None:
    dtd = Path("/usr/share/xml/w3c-sgml-lib/schema/dtd/REC-xhtml1-20020801/xhtml1-transitional.dtd")
    if not dtd.exists():
        pytest.skip("no XHTML DTD here (apt-get install w3c-sgml-lib)")
    checked_by = etree.DTD(dtd)
    root = etree.fromstring(exported("hocr", a_document(), folder).read_bytes())
    assert checked_by.validate(root), checked_by.error_log
