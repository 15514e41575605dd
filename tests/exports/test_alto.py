"""ALTO as libraries read it."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from lxml import etree

from contracts.errors import FormatUnavailable
from contracts.pages import PageFailed, PageResult
from exports.alto import NAMESPACE
from exports.page_blocks import blocks_of
from tests.exports.element_rules import ALTO, broken_rules
from tests.exports.made_pages import a_document, any_pages, exported
from tests.exports.schemas import complaints, schema

IN: Final = {"a": NAMESPACE}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alto")


def box_of(made: etree.Element) -> tuple[int, ...]:
    left, top, width, height = (int(made.get(n)) for n in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    return left, top, left + width, top + height


def words_in(line: etree.Element) -> list[tuple[str, tuple[int, ...]]]:
    """The words; one that ends in a hyphen without its box, which is in two."""
    words = [(each.get("CONTENT"), box_of(each)) for each in line.iterfind("a:String", IN)]
    if (hyphen := line.find("a:HYP", IN)) is not None:
        words[-1] = (words[-1][0] + hyphen.get("CONTENT"), ())
    return words


def assert_reads_back(root: etree.Element, pages: list[PageResult]) -> None:
    made = root.findall("a:Layout/a:Page", IN)
    assert [int(page.get("PHYSICAL_IMG_NR")) for page in made] == [
        page.page_index + 1 for page in pages
    ]
    for element, page in zip(made, pages, strict=True):
        assert (element.get("WIDTH"), element.get("HEIGHT")) == (
            str(page.width_px),
            str(page.height_px),
        )
        found = [words_in(line) for line in element.iter(f"{{{NAMESPACE}}}TextLine")]
        expected: list[list[tuple[str, tuple[int, ...]]]] = [
            [
                (word.text, (word.box.left, word.box.top, word.box.right, word.box.bottom))
                for word in line.words
            ]
            for block in (() if isinstance(page, PageFailed) else blocks_of(page))
            for paragraph in block.paragraphs
            for line in paragraph.lines
        ]
        for line, words in zip(found, expected, strict=True):
            if not line[-1][1]:
                words[-1] = (words[-1][0], ())
            assert line == words


@settings(max_examples=40)
@given(pages=any_pages())
def test_words_are_read_back_with_their_boxes(folder: Path, pages: list[PageResult]) -> None:
    root = etree.fromstring(exported("alto", pages, folder).read_bytes())
    assert_reads_back(root, pages)
    assert broken_rules(root, ALTO) == []


def test_it_says_what_was_read_by_what_and_in_which_unit(folder: Path) -> None:
    root = etree.fromstring(
        exported("alto", a_document(), folder, filename="a&b \x00.pdf").read_bytes()
    )
    description = root.find("a:Description", IN)
    assert description.findtext("a:MeasurementUnit", None, IN) == "pixel"
    assert description.findtext("a:sourceImageInformation/a:fileName", None, IN) == "a&b .pdf"
    assert description.findtext(".//a:softwareName", None, IN) == "distributed-ocr"
    comments = [each.text for each in root.iter(etree.Comment)]
    assert comments[0] == " page 1: coordinates are px at 200 dpi, from the top left "


def test_hyphens_slants_and_directions_are_told(folder: Path) -> None:
    root = etree.fromstring(exported("alto", a_document(), folder, language="german").read_bytes())
    hyphenated, slanted, from_the_right, upwards = sorted(
        root.iterfind(".//a:TextLine", IN), key=lambda line: int(line.get("VPOS"))
    )
    assert words_in(hyphenated)[-1] == ("steam-", ())
    assert hyphenated.find("a:HYP", IN).get("HPOS") == "423"
    assert [box_of(each) for each in hyphenated.iterfind("a:SP", IN)] == [
        (170, 100, 190, 140),
        (320, 100, 340, 140),
    ]
    assert hyphenated.find("a:Shape", IN) is None
    assert slanted.find("a:Shape/a:Polygon", IN).get("POINTS") == "100,150 440,170 438,210 98,190"
    assert slanted.get("BASELINE") == "98,182 438,202"
    assert upwards.get("BASELINE") == "52,900 52,700"
    assert "rtl" in (
        from_the_right.get("BASEDIRECTION"),
        from_the_right.getparent().get("BASEDIRECTION"),
    )
    assert {block.get("LANG") for block in root.iterfind(".//a:TextBlock", IN)} == {"de"}


def test_a_page_that_failed_is_empty_and_says_why(folder: Path) -> None:
    root = etree.fromstring(exported("alto", a_document(), folder).read_bytes())
    failed = root.findall("a:Layout/a:Page", IN)[1]
    reason = 'page 2 was not read: the image is damaged -- "send" <it> again -'
    assert failed.get("QUALITY_DETAIL") == reason
    assert len(failed.find("a:PrintSpace", IN)) == 0
    assert broken_rules(root, ALTO) == []


def test_a_job_without_pages_is_refused_with_a_sentence(folder: Path) -> None:
    with pytest.raises(FormatUnavailable, match="the job has no pages"):
        exported("alto", [], folder)


@settings(max_examples=10)
@given(pages=any_pages())
def test_the_published_schema_has_nothing_against_it(folder: Path, pages: list[PageResult]) -> None:
    published = schema("alto-4-4.xsd", "alto-4-3.xsd")
    for each in (pages, a_document()):
        assert complaints(published, exported("alto", each, folder).read_bytes()) == []
