"""PAGE-XML as OCR-D and the transcription platforms read it."""

import zipfile
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from lxml import etree

from contracts.errors import FormatUnavailable
from contracts.languages import LANGUAGES
from contracts.pages import PageFailed, PageResult
from exports.page_blocks import blocks_of
from exports.page_xml import NAMESPACE, page_xml_is_zip
from tests.examples import job_summary
from tests.exports.element_rules import PAGE, broken_rules
from tests.exports.made_pages import HEIGHT, WIDTH, a_document, any_pages, exported
from tests.exports.schemas import complaints, schema

IN: Final = {"p": NAMESPACE}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


def documents(pages: list[PageResult], folder: Path, *, language: str = "en") -> dict[str, bytes]:
    """The files in the ZIP of several pages, by name."""
    written = exported("page", pages, folder, language=language, total_pages=len(pages) + 1)
    with zipfile.ZipFile(written) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def points_of(made: etree.Element) -> list[tuple[int, ...]]:
    points = made.find("p:Coords", IN).get("points").split(" ")
    return [tuple(map(int, point.split(","))) for point in points]


def text_of(made: etree.Element) -> str:
    return str(made.findtext("p:TextEquiv/p:Unicode", None, IN))


@settings(max_examples=40)
@given(pages=any_pages())
def test_words_are_read_back_with_their_polygons(folder: Path, pages: list[PageResult]) -> None:
    files = documents(pages, folder)
    assert list(files) == [f"page-{page.page_index + 1:04}.xml" for page in pages]
    for document, page in zip(files.values(), pages, strict=True):
        root = etree.fromstring(document)
        assert broken_rules(root, PAGE) == []
        order = [each.get("regionRef") for each in root.iterfind(".//p:RegionRefIndexed", IN)]
        assert order == [each.get("id") for each in root.iterfind("p:Page/p:TextRegion", IN)]
        lines = [
            line
            for block in (() if isinstance(page, PageFailed) else blocks_of(page))
            for paragraph in block.paragraphs
            for line in paragraph.lines
        ]
        found = root.findall(".//p:TextLine", IN)
        assert [text_of(line) for line in found] == [line.text for line in lines]
        words = root.findall(".//p:Word", IN)
        assert [(text_of(word), points_of(word)) for word in words] == [
            (word.text, [(round(x), round(y)) for x, y in word.polygon])
            for line in lines
            for word in line.words
        ]
        # The schema knows no points outside of the page.
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for w in words for x, y in points_of(w))


def test_a_document_of_one_page_is_one_file(folder: Path) -> None:
    written = exported("page", a_document()[:1], folder, language="german", total_pages=1)
    page = etree.fromstring(written.read_bytes()).find("p:Page", IN)
    assert dict(page.attrib) == {
        "imageFilename": "scan.pdf",
        "imageWidth": "1000",
        "imageHeight": "1400",
        "imageXResolution": "200",
        "imageYResolution": "200",
        "imageResolutionUnit": "PPI",
        "primaryLanguage": "German",
        "primaryScript": "Latn - Latin",
        "conf": "0.9000",
    }
    slanted = next(line for line in page.iterfind(".//p:TextLine", IN) if "slant" in text_of(line))
    assert points_of(slanted) == [(100, 150), (440, 170), (438, 210), (98, 190)]
    assert slanted.find("p:Baseline", IN).get("points") == "98,182 438,202"


def test_whether_it_is_a_zip_is_known_from_the_summary() -> None:
    assert [page_xml_is_zip(job_summary(total_pages=pages)) for pages in (1, 2)] == [False, True]


def test_each_file_names_its_page_and_says_in_what_its_coordinates_are(folder: Path) -> None:
    files = documents(a_document(), folder)
    first, second, _ = (etree.fromstring(document) for document in files.values())
    assert second.find("p:Page", IN).get("imageFilename") == "scan.pdf#page=2"
    comments = [each.findtext("p:Metadata/p:Comments", None, IN) for each in (first, second)]
    assert comments == [
        "page 1: coordinates are px at 200 dpi, from the top left",
        'page 2 was not read: the image is damaged -- "send" <it> again -',
    ]
    assert len(second.find("p:Page", IN)) == 0


def test_a_job_without_pages_is_refused_with_a_sentence(folder: Path) -> None:
    with pytest.raises(FormatUnavailable, match="the job has no pages"):
        exported("page", [], folder)


@settings(max_examples=10)
@given(pages=any_pages())
def test_the_published_schema_has_nothing_against_it(folder: Path, pages: list[PageResult]) -> None:
    published = schema("pagecontent.xsd", "page.xsd")
    for each in (pages, a_document()):
        for document in documents(each, folder).values():
            assert complaints(published, document) == []


def test_the_published_schema_knows_all_our_languages(folder: Path) -> None:
    published = schema("pagecontent.xsd", "page.xsd")
    for language in (*LANGUAGES, "klingon"):
        (document,) = documents(a_document()[2:], folder, language=language).values()
        assert complaints(published, document) == []
