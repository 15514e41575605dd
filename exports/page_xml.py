"""PAGE-XML of 2019-07-15, for OCR-D, Transkribus, eScriptorium: one file a page."""

import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import Final

from contracts.jobs import JobSummary, rfc3339
from contracts.pages import PageFailed, PageResult, PageSucceeded
from exports import software
from exports.clean_text import cleaned
from exports.exporting import Material
from exports.geometry import in_points
from exports.language_codes import LanguageCodes, codes_of
from exports.page_blocks import Paragraph, PlacedLine, blocks_of
from exports.page_images import image_name
from exports.paged_xml import Ids, about_page, as_document, at_least_one, child, element

NAMESPACE: Final = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_SCHEMA: Final = f"{NAMESPACE} {NAMESPACE}/pagecontent.xsd"
# Of a document of several pages.
ZIP_MEDIA_TYPE: Final = "application/zip"
ZIP_SUFFIX: Final = ".page.zip"


def page_xml_is_zip(summary: JobSummary) -> bool:
    """Whether `write_page_xml` makes a ZIP of this job: PAGE holds one page a file."""
    return summary.total_pages > 1


def write_page_xml(material: Material, out: Path) -> None:
    """Writes the XML of the only page, or a ZIP of page-0001.xml and so on, by page number.

    Raises: FormatUnavailable for a job without pages.
    """
    pages = at_least_one(material.pages)
    if not page_xml_is_zip(material.summary):
        (page,) = pages
        out.write_text(_document(page, material), encoding="utf-8", newline="\n")
        return
    # Dates before 1980 are none to a ZIP; a clock may be that wrong.
    date = max(material.summary.end_time.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for page in pages:
            entry = zipfile.ZipInfo(f"page-{page.page_index + 1:04}.xml", date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, _document(page, material))


def _document(page: PageResult, material: Material) -> str:
    codes = codes_of(material.language)
    root = element(
        "PcGts",
        {
            "xmlns": NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": _SCHEMA,
        },
    )
    metadata = child(root, "Metadata")
    child(metadata, "Creator", text=f"{software.NAME} {software.version()}")
    for stage in ("Created", "LastChange"):
        child(metadata, stage, text=rfc3339(material.summary.end_time))
    child(metadata, "Comments", text=cleaned(about_page(page)))
    root.append(_page(page, material.summary, codes))
    return as_document(root)


def _page(page: PageResult, summary: JobSummary, codes: LanguageCodes) -> ET.Element:
    made = element(
        "Page",
        {
            "imageFilename": image_name(page, summary),
            "imageWidth": page.width_px,
            "imageHeight": page.height_px,
            "imageXResolution": page.dpi or None,
            "imageYResolution": page.dpi or None,
            "imageResolutionUnit": "PPI" if page.dpi else None,
            "primaryLanguage": codes.page_name,
            "primaryScript": codes.page_script,
        },
    )
    if isinstance(page, PageFailed):
        return made
    made.set("conf", _confidence(page.confidence))
    if page.angle_deg:
        made.set("orientation", f"{_to_correct(page):g}")
    ids = Ids(page.page_index + 1)
    regions = [
        _region(paragraph, ids) for block in blocks_of(page) for paragraph in block.paragraphs
    ]
    if regions:
        order = child(child(made, "ReadingOrder"), "OrderedGroup", {"id": ids.next("order")})
        for index, region in enumerate(regions):
            attributes = {"index": index, "regionRef": region.get("id")}
            child(order, "RegionRefIndexed", attributes)
    made.extend(regions)
    return made


def _to_correct(page: PageSucceeded) -> float:
    """The angle by which to turn the page clockwise so that it is upright: -180 < angle <= 180."""
    return 180.0 if page.angle_deg >= 180.0 else round(-page.angle_deg, 2)


def _region(paragraph: Paragraph, ids: Ids) -> ET.Element:
    made = element("TextRegion", {"id": ids.next("region"), "type": "paragraph"})
    if paragraph.right_to_left:
        made.set("readingDirection", "right-to-left")
    child(made, "Coords", {"points": in_points(paragraph.box.corners)})
    for line in paragraph.lines:
        made.append(_line(line, ids))
    text = "\n".join(line.text for line in paragraph.lines)
    made.append(_text(text, paragraph.confidence))
    return made


def _line(line: PlacedLine, ids: Ids) -> ET.Element:
    made = element("TextLine", {"id": ids.next("line")})
    if line.right_to_left:
        made.set("readingDirection", "right-to-left")
    child(made, "Coords", {"points": in_points(line.polygon)})
    child(made, "Baseline", {"points": in_points(line.baseline)})
    for word in line.words:
        placed = child(made, "Word", {"id": ids.next("word")})
        child(placed, "Coords", {"points": in_points(word.polygon)})
        placed.append(_text(word.text, word.confidence))
    made.append(_text(line.text, line.confidence))
    return made


def _text(text: str, confidence: float) -> ET.Element:
    made = element("TextEquiv", {"conf": _confidence(confidence)})
    child(made, "Unicode", text=text)
    return made


def _confidence(confidence: float) -> str:
    return f"{confidence:.4f}"
