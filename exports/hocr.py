"""hOCR 1.2: XHTML that browsers show, and that hocr-tools, OCRmyPDF and archives read."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final

from contracts.pages import PageFailed, PageResult
from exports import software
from exports.clean_text import cleaned
from exports.exporting import Material
from exports.geometry import Box
from exports.language_codes import LanguageCodes, codes_of
from exports.page_blocks import Paragraph, PlacedLine, blocks_of
from exports.page_images import document_name
from exports.paged_xml import (
    Ids,
    about_page,
    at_least_one,
    child,
    comment,
    element,
    pages_here,
    write_paged,
)

_DOCTYPE: Final = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"'
    ' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
)
_CAPABILITIES: Final = "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_lang ocrp_dir ocrp_wconf"
# A text turned further than this has no baseline that hOCR could tell, only an angle.
_MAX_SLANT_DEG: Final = 45
# Properties end at a semicolon and names at a quotation mark; paths are those of Unix.
_NOT_IN_A_NAME: Final = re.compile(r'[;"\\]')


def write_hocr(material: Material, out: Path) -> None:
    """Writes one XHTML file for all pages. Raises: FormatUnavailable for a job without pages."""
    pages = at_least_one(material.pages)
    codes = codes_of(material.language)
    summary = material.summary
    frame = _frame(cleaned(summary.filename), summary.total_pages, codes)
    made = (_page(page, document_name(page, summary), codes) for page in pages)
    write_paged(out, frame, made, doctype=_DOCTYPE)


def _frame(name: str, total_pages: int, codes: LanguageCodes) -> ET.Element:
    html = element("html", {"xmlns": "http://www.w3.org/1999/xhtml"})
    head = child(html, "head")
    child(head, "title", text=name)
    content = "text/html; charset=utf-8"
    child(head, "meta", {"http-equiv": "Content-Type", "content": content})
    for about, content in (
        ("ocr-system", f"{software.NAME} {software.version()}"),
        ("ocr-capabilities", _CAPABILITIES),
        ("ocr-number-of-pages", str(total_pages)),
        ("ocr-langs", codes.iso639 or "unknown"),
        ("ocr-scripts", codes.iso15924 or "unknown"),
        (
            "description",
            "Coordinates are px of the page's image, from its top left; scan_res is its dpi.",
        ),
    ):
        child(head, "meta", {"name": about, "content": content})
    child(html, "body").append(pages_here())
    return html


def _page(page: PageResult, name: str, codes: LanguageCodes) -> ET.Element:
    number = page.page_index + 1
    title = (
        f'image "{_NOT_IN_A_NAME.sub("_", name)}"; bbox 0 0 {page.width_px} {page.height_px}; '
        f"ppageno {page.page_index}"
    )
    if page.dpi:
        title += f"; scan_res {page.dpi} {page.dpi}"
    made = element("div", {"class": "ocr_page", "id": f"page_{number}", "title": title})
    made.append(comment(about_page(page)))
    if isinstance(page, PageFailed):
        return made
    ids = Ids(number)
    for block in blocks_of(page):
        attributes = {"class": "ocr_carea", "id": ids.next("block"), "title": _bbox(block.box)}
        area = child(made, "div", attributes)
        for paragraph in block.paragraphs:
            area.append(_paragraph(paragraph, codes, ids))
    return made


def _paragraph(paragraph: Paragraph, codes: LanguageCodes, ids: Ids) -> ET.Element:
    made = element(
        "p",
        {
            "class": "ocr_par",
            "id": ids.next("par"),
            "lang": codes.tag,
            "xml:lang": codes.tag,
            "dir": "rtl" if paragraph.right_to_left else None,
            "title": _bbox(paragraph.box),
        },
    )
    for line in paragraph.lines:
        # Where it reads as its paragraph does, nothing is said: it is inherited.
        differs = line.right_to_left != paragraph.right_to_left
        direction = "rtl" if line.right_to_left else "ltr"
        attributes = {"class": "ocr_line", "id": ids.next("line"), "title": _line_title(line)}
        span = child(made, "span", {**attributes, "dir": direction if differs else None})
        for word in line.words:
            title = f"{_bbox(word.box)}; x_wconf {round(100 * word.confidence)}"
            attributes = {"class": "ocrx_word", "id": ids.next("word"), "title": title}
            child(span, "span", attributes, word.text)
    return made


def _line_title(line: PlacedLine) -> str:
    title = _bbox(line.box)
    if abs(line.angle_deg) > _MAX_SLANT_DEG:
        # Counter-clockwise, as hOCR counts.
        title += f"; textangle {round(-line.angle_deg % 360, 1):g}"
    else:
        (left, start), (right, end) = line.baseline
        slope = (end - start) / (right - left) if right > left else 0.0
        # From the bottom left of the box.
        offset = start + slope * (line.box.left - left) - line.box.bottom
        title += f"; baseline {_short(slope, 4)} {_short(offset, 1)}"
    return f"{title}; x_size {_short(line.height_px, 1)}"


def _bbox(box: Box) -> str:
    return f"bbox {box.left} {box.top} {box.right} {box.bottom}"


def _short(number: float, digits: int) -> str:
    # Never 1e-05, which not every reader takes, nor -0.
    return f"{round(number, digits) + 0.0:.{digits}f}".rstrip("0").rstrip(".")
