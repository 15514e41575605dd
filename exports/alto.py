"""ALTO 4.4, the XML of libraries (Library of Congress, METS): one file, one Page a page."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Final

from contracts.jobs import rfc3339
from contracts.pages import PageFailed, PageResult, PageSucceeded
from exports import software
from exports.clean_text import cleaned
from exports.exporting import Material
from exports.geometry import Box, box_of, in_points, is_upright_rectangle, part_of
from exports.language_codes import LanguageCodes, codes_of
from exports.page_blocks import Paragraph, PlacedLine, PlacedWord, blocks_of
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

NAMESPACE: Final = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA: Final = f"{NAMESPACE} http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"
_MAX_SLANT_DEG: Final = 45
# A hyphen, a soft one, U+2010, and the double one of blackletter, behind a letter. A dash is none.
_HYPHENATED: Final = re.compile("(?<=[^\\W\\d_])[-\u00ad\u2010\u2e17]$")


def write_alto(material: Material, out: Path) -> None:
    """Writes one XML file for all pages. Raises: FormatUnavailable for a job without pages."""
    pages = at_least_one(material.pages)
    codes = codes_of(material.language)
    write_paged(out, _frame(material), (_page(page, codes) for page in pages))


def _frame(material: Material) -> ET.Element:
    alto = element(
        "alto",
        {
            "xmlns": NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": _SCHEMA,
            "SCHEMAVERSION": "4.4",
        },
    )
    description = child(alto, "Description")
    child(description, "MeasurementUnit", text="pixel")
    source = child(description, "sourceImageInformation")
    child(source, "fileName", text=cleaned(material.summary.filename))
    step = child(child(description, "OCRProcessing", {"ID": "OCR_0"}), "ocrProcessingStep")
    child(step, "processingDateTime", text=rfc3339(material.summary.end_time))
    settings = (
        f"language={cleaned(material.language)}; coordinates are px of each page's image at the "
        "dpi that stands in a comment of the page"
    )
    child(step, "processingStepSettings", text=settings)
    made_by = child(step, "processingSoftware")
    child(made_by, "softwareName", text=software.NAME)
    child(made_by, "softwareVersion", text=software.version())
    child(alto, "Layout").append(pages_here())
    return alto


def _page(page: PageResult, codes: LanguageCodes) -> ET.Element:
    number = page.page_index + 1
    size: dict[str, str | int | None] = {"WIDTH": page.width_px, "HEIGHT": page.height_px}
    made = element(
        "Page",
        {
            "ID": f"page_{number}",
            "PHYSICAL_IMG_NR": number,
            **size,
            "PROCESSING": "OCR_0",
        },
    )
    made.append(comment(about_page(page)))
    space = child(made, "PrintSpace", {"HPOS": 0, "VPOS": 0, **size})
    if isinstance(page, PageFailed):
        made.set("QUALITY_DETAIL", cleaned(about_page(page)))
        return made
    made.set("PC", _confidence(page.confidence))
    ids = Ids(number)
    for block in blocks_of(page):
        composed = child(space, "ComposedBlock", {"ID": ids.next("cblock"), **_place(block.box)})
        for paragraph in block.paragraphs:
            attributes = {
                "ID": ids.next("block"),
                **_place(paragraph.box),
                # Counter-clockwise, as ALTO counts.
                "ROTATION": f"{-page.angle_deg:.2f}" if page.angle_deg else None,
                # Here, not at the page: that came with 4.4, and readers of 4.3 take the rest.
                "LANG": codes.tag,
                "BASEDIRECTION": "rtl" if paragraph.right_to_left else None,
            }
            _add_lines(child(composed, "TextBlock", attributes), paragraph, ids, page)
    return made


def _add_lines(block: ET.Element, paragraph: Paragraph, ids: Ids, page: PageSucceeded) -> None:
    for line in paragraph.lines:
        # Where it reads as its block does, nothing is said: it is inherited.
        differs = line.right_to_left != paragraph.right_to_left
        direction = "rtl" if line.right_to_left else "ltr"
        attributes = {
            "ID": ids.next("line"),
            **_place(line.box),
            "BASELINE": in_points(line.baseline),
            "BASEDIRECTION": direction if differs else None,
        }
        made = child(block, "TextLine", attributes)
        _add_shape(made, line)
        words, hyphen = _without_hyphen(line, page)
        for word, following in zip(words, [*words[1:], None], strict=True):
            attributes = {
                "ID": ids.next("string"),
                **_place(word.box),
                "CONTENT": word.text,
                "WC": _confidence(word.confidence),
            }
            _add_shape(child(made, "String", attributes), word)
            if following is not None:
                child(made, "SP", _gap(word.box, following.box, line))
        if hyphen is not None:
            child(made, "HYP", {**_place(hyphen.box), "CONTENT": hyphen.text})


def _add_shape(made: ET.Element, placed: PlacedLine | PlacedWord) -> None:
    if not is_upright_rectangle(placed.polygon, placed.box):
        child(child(made, "Shape"), "Polygon", {"POINTS": in_points(placed.polygon)})


def _without_hyphen(
    line: PlacedLine, page: PageSucceeded
) -> tuple[tuple[PlacedWord, ...], PlacedWord | None]:
    """The words, and the hyphen at the end of the last of them, which has an element of its own."""
    *before, last = line.words
    if _HYPHENATED.search(last.text) is None:
        return line.words, None
    share = 1 / len(last.text)
    ends = (share, 1.0) if line.right_to_left else (0.0, 1 - share)
    hyphen_ends = (0.0, share) if line.right_to_left else (1 - share, 1.0)
    word, hyphen = (
        replace(
            last,
            text=text,
            polygon=(part := part_of(last.polygon, *shares)),
            box=box_of(part, width_px=page.width_px, height_px=page.height_px),
        )
        for text, shares in ((last.text[:-1], ends), (last.text[-1], hyphen_ends))
    )
    return (*before, word), hyphen


def _gap(word: Box, following: Box, line: PlacedLine) -> dict[str, str | int | None]:
    if abs(line.angle_deg) > _MAX_SLANT_DEG:
        return {}  # between boxes of a turned line there is no upright one
    left, right = (following, word) if line.right_to_left else (word, following)
    # Boxes of words may overlap; a space is not narrower than nothing.
    width = max(right.left - left.right, 0)
    return {"HPOS": left.right, "VPOS": word.top, "WIDTH": width, "HEIGHT": word.height}


def _place(box: Box) -> dict[str, str | int | None]:
    return {"HPOS": box.left, "VPOS": box.top, "WIDTH": box.width, "HEIGHT": box.height}


def _confidence(confidence: float) -> str:
    return f"{confidence:.4f}"
