"""What outside tools find in a searchable PDF: pdftotext (poppler) and qpdf."""

import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from re import compile as pattern
from typing import Final

from contracts.pages import PageResult, PageSucceeded, Polygon

TOOLS: Final = ("pdftotext", "qpdf")
# A box may be off by this and its word is still on its ink.
_NEAR_PX: Final = 5.0
_LIMIT_S: Final = 120.0
_PAGE: Final = pattern(r'<page width="([\d.]+)" height="([\d.]+)"')
_WORD: Final = pattern(
    r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>'
)

_DIVIDED: Final = pattern(r"-\n{1,2}(?=[^\W\d_])")

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, kw_only=True)
class FoundWord:
    """A word as `pdftotext -bbox` tells it: the box in pt of the page as it is shown, origin top
    left; `page_pt`, width and height, as it is without its rotation."""

    text: str
    box: Box
    page_pt: tuple[float, float]


def missing_tools() -> list[str]:
    """Those that are not installed here."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def words_of(text: str) -> Counter[str]:
    """What stands between spaces, as a multiset; without marks of direction, which pdftotext adds,
    and with words joined that a hyphen divides at the end of a line, which it joins, but where it
    takes the next line for another paragraph. Hyphens by themselves are left out: where one ends a
    row, as in a table, pdftotext tells none."""
    text = _DIVIDED.sub("", text)
    shown = "".join(each for each in text if unicodedata.category(each) != "Cf")
    words = Counter(unicodedata.normalize("NFC", shown).split())
    del words["-"]
    return words


def f1(one: Counter[str], other: Counter[str]) -> float:
    """Of two multisets, 0..1; two empty ones agree."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def pdf_text(pdf: Path, *, password: str = "") -> str:
    """What pdftotext finds."""
    return _run("pdftotext", "-enc", "UTF-8", "-upw", password, str(pdf), "-")


def pages_of_words(pdf: Path) -> list[list[FoundWord]]:
    """By page, the words that pdftotext finds, and where."""
    pages: list[list[FoundWord]] = []
    width = height = 1.0
    for line in _run("pdftotext", "-enc", "UTF-8", "-bbox", "-cropbox", str(pdf), "-").splitlines():
        if page := _PAGE.search(line):
            width, height = float(page[1]), float(page[2])
            pages.append([])
        elif word := _WORD.search(line):
            left, top, right, bottom = (float(word[group]) for group in range(1, 5))
            pages[-1].append(
                FoundWord(
                    text=unescape(word[5]),
                    box=(left, top, right, bottom),
                    page_pt=(width, height),
                )
            )
    return pages


def share_in_place(result: PageSucceeded, found: Iterable[FoundWord]) -> float:
    """Of the words of a page's lines that are found, the share within 5 px of their polygon; of a
    line without words, within 5 px of being inside of it."""
    places: dict[str, list[Box]] = {}
    for each in found:
        left, top, right, bottom = each.box
        width_pt, height_pt = each.page_pt
        if (width_pt > height_pt) != (result.width_px > result.height_px):
            width_pt, height_pt = height_pt, width_pt
        across, down = result.width_px / width_pt, result.height_px / height_pt
        places.setdefault(each.text, []).append(
            (left * across, top * down, right * across, bottom * down)
        )
    told = [
        (text, box_around(polygon), is_near)
        for line in result.lines
        for text, polygon, is_near in (
            [(word.text, word.polygon, _is_at) for word in line.words]
            or [(word, line.polygon, _is_inside) for word in line.text.split()]
        )
        if text in places
    ]
    near = sum(any(is_near(place, box) for place in places[text]) for text, box, is_near in told)
    return near / len(told) if told else 1.0


def complaints(pdf: Path) -> str:
    """What `qpdf --check` says against the file; empty if nothing."""
    done = subprocess.run(
        ["qpdf", "--check", str(pdf)], capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    return "" if done.returncode == 0 else (done.stderr or done.stdout).strip()


def text_of(results: Iterable[PageResult]) -> str:
    """The job's own text."""
    return "\n".join(each.text for each in results if isinstance(each, PageSucceeded))


def box_around(polygon: Polygon) -> Box:
    """The upright box that holds it."""
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def _is_at(place: Box, box: Box) -> bool:
    return all(abs(a - b) <= _NEAR_PX for a, b in zip(place, box, strict=True))


def _is_inside(place: Box, box: Box) -> bool:
    return (
        place[0] >= box[0] - _NEAR_PX
        and place[1] >= box[1] - _NEAR_PX
        and place[2] <= box[2] + _NEAR_PX
        and place[3] <= box[3] + _NEAR_PX
    )


def _run(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=_LIMIT_S, check=True
    ).stdout
