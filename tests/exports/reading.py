"""Results as nodes would tell them, and the searchable PDF that is made of them."""

import math
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pytest

from bench.pdf_checks import missing_tools
from contracts.pages import Line, PageResult, PageSucceeded, Polygon, Word
from exports.exporting import Material
from exports.searchable_pdf import write_pdf
from tests.examples import job_summary, page_succeeded

needs_tools = pytest.mark.skipif(
    bool(missing_tools()), reason=f"not installed: {', '.join(missing_tools())}"
)

SCRIPTS: Final = {
    "latin": "Hello wonderful (world) of 12 words",
    "marks": "Größe naïve façade Łódź",
    "greek": "Ελληνικά γλώσσα σήμερα",
    "cyrillic": "Привет мир снова",
    "arabic": "مرحبا بالعالم العربي نص",
    "arabic numbers": "في 12 مارس 2024 كان 3.50",
    "hebrew": "שלום עולם טוב",
    "devanagari": "हिन्दी में लिखा क्षत्रिय पाठ",
    "tamil": "தமிழ் எழுத்து",
    "thai": "ภาษาไทย ก็ดี",
    "han": "中文字符测试 日本語テスト",
    "korean": "한국어 테스트 문장",
    "beyond the BMP": "\U0001d49c\U0001d4b7 \U00020bb7野家",
}


def box(left: float, top: float, width: float, height: float, degrees: float = 0.0) -> Polygon:
    """A rectangle turned clockwise about its top left corner."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    first, second, third, fourth = (
        (left + cos * x - sin * y, top + sin * x + cos * y) for x, y in corners
    )
    return first, second, third, fourth


def line(text: str, polygon: Polygon, *, words: bool = True, right_to_left: bool = False) -> Line:
    """A line whose words share its polygon by their characters, with a gap as wide as one."""
    told = text.split(" ")
    shares = [len(word) / len(text) for word in told]
    gap = 1 / len(text)
    known, begin = [], 0.0
    for word, share in zip(told, shares, strict=True):
        first, last = (1 - begin - share, 1 - begin) if right_to_left else (begin, begin + share)
        known.append(Word(text=word, confidence=0.9, polygon=_part(polygon, first, last)))
        begin += share + gap
    return Line(text=text, confidence=0.9, polygon=polygon, words=tuple(known) if words else ())


def _part(polygon: Polygon, first: float, last: float) -> Polygon:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = polygon

    def top(share: float) -> tuple[float, float]:
        return ax + (bx - ax) * share, ay + (by - ay) * share

    def bottom(share: float) -> tuple[float, float]:
        return dx + (cx - dx) * share, dy + (cy - dy) * share

    return top(first), top(last), bottom(last), bottom(first)


def page(lines: Sequence[Line], **changes: object) -> PageSucceeded:
    """An A4 page at 200 dpi, unless `changes` say otherwise."""
    known: dict[str, object] = {
        "lines": tuple(lines),
        "text": "\n".join(each.text for each in lines),
        "width_px": 1654,
        "height_px": 2339,
    }
    return page_succeeded(**{**known, **changes})


def dense_page(**changes: object) -> PageSucceeded:
    """60 lines of 12 words, no two boxes alike."""
    rng = random.Random(6)  # noqa: S311
    lines = []
    for row in range(60):
        words = ["".join(rng.choices("etaoinshrdlu", k=rng.randint(2, 9))) for _ in range(12)]
        text = " ".join(words)
        width = 16.0 * len(text) + rng.uniform(-20, 20)
        lines.append(line(text, box(100 + rng.uniform(-3, 3), 90 + 36 * row, width, 27.0)))
    return page(lines, **changes)


def searchable(
    document: bytes,
    results: Iterable[PageResult],
    folder: Path,
    *,
    password: str | None = None,
    name: str = "searchable.pdf",
) -> Path:
    """Writes the PDF into `folder`, and sees that nothing else is left there."""
    submitted = folder / f"submitted-{name}"
    submitted.write_bytes(document)
    out = folder / name
    before = set(folder.iterdir())
    write_pdf(
        Material(
            summary=job_summary(),
            language="en",
            pages=iter(results),
            document=submitted,
            password=password,
        ),
        out,
    )
    assert set(folder.iterdir()) == before | {out}
    return out
