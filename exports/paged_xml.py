"""XML of a frame and, inside of it, one element a page: never more than one page in memory."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final, cast

from contracts.errors import FormatUnavailable
from contracts.pages import PageFailed, PageResult
from exports.clean_text import cleaned

Attributes = Mapping[str, str | int | None]

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_HERE: Final = "pages"


class Ids:
    """Names that no other element of a file has: `line_3_7`, the seventh line of page 3."""

    def __init__(self, page_number: int) -> None:
        self._page_number = page_number
        self._last: dict[str, int] = {}

    def next(self, kind: str) -> str:
        """The next name of a kind of element."""
        self._last[kind] = self._last.get(kind, 0) + 1
        return f"{kind}_{self._page_number}_{self._last[kind]}"


def element(tag: str, attributes: Attributes | None = None, text: str | None = None) -> ET.Element:
    """An element; attributes that are None are left out."""
    known = {name: str(value) for name, value in (attributes or {}).items() if value is not None}
    made = ET.Element(tag, known)
    made.text = text
    return made


def child(
    parent: ET.Element,
    tag: str,
    attributes: Attributes | None = None,
    text: str | None = None,
) -> ET.Element:
    """An element at the end of another."""
    made = element(tag, attributes, text)
    parent.append(made)
    return made


def pages_here() -> ET.Element:
    """Marks in a frame where the pages belong."""
    return cast(ET.Element, ET.Comment(_HERE))


def comment(text: str) -> ET.Element:
    """A remark for people. Two hyphens would end it."""
    spaced = cleaned(text).replace("--", "- -").replace("--", "- -")
    return cast(ET.Element, ET.Comment(f" {spaced} "))


def about_page(page: PageResult) -> str:
    """In what its coordinates are, or why there are none."""
    name = f"page {page.page_index + 1}" + (f" ({page.document})" if page.document else "")
    if isinstance(page, PageFailed):
        return f"{name} was not read: {page.error}"
    return f"{name}: coordinates are px at {page.dpi} dpi, from the top left"


def at_least_one(pages: Iterable[PageResult]) -> Iterator[PageResult]:
    """The same pages. Raises: FormatUnavailable where there are none: no schema allows that."""
    remaining = iter(pages)
    first = next(remaining, None)
    if first is None:
        raise FormatUnavailable(
            "the job has no pages, so that there is nothing to export; its `errors` say why"
        )
    return chain([first], remaining)


def as_document(root: ET.Element) -> str:
    """A whole XML file."""
    ET.indent(root, " ")
    return _DECLARATION + ET.tostring(root, encoding="unicode") + "\n"


def write_paged(
    out: Path, frame: ET.Element, pages: Iterable[ET.Element], *, doctype: str = ""
) -> None:
    """Writes the frame, with the pages where it holds `pages_here`."""
    ET.indent(frame, " ")
    head, tail = ET.tostring(frame, encoding="unicode").split(f"<!--{_HERE}-->")
    with out.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_DECLARATION + doctype + head)
        for number, page in enumerate(pages):
            ET.indent(page, " ", level=2)
            page.tail = None
            file.write("\n  " if number else "")
            file.write(ET.tostring(page, encoding="unicode"))
        file.write(tail + "\n")
