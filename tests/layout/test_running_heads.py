"""Page headers, footers and page numbers: recognised, marked, left out on demand."""

import pytest

from contracts.pages import Line
from layout.page_text import PageText, compose
from tests.layout.drawn_lines import line, prose

TEXT = prose(30, left=200, top=250, width=1200)
TOLD = [each.text for each in TEXT]


def composed(lines: list[Line], *, drop: bool = False) -> PageText:
    return compose(lines, width_px=1600, height_px=2200, running_heads="drop" if drop else "keep")


@pytest.mark.parametrize(
    "head",
    [
        [line("Chapter Two", 700, 80)],
        [line("104", 200, 150), line("CHAPTER 2. INDUCTION", 900, 152)],
        [line("17", 780, 1650)],
        [line("- 17 -", 780, 2080)],
        [line("Page 1 of 6", 780, 1900)],
        [line("xiv", 780, 2000)],
        [line("Harbour Works, 14 Quay Street", 300, 2100), line("3/34", 1300, 2100)],
        [
            line("12", 780, 2060),
            line("a disclaimer in two lines", 200, 2100),
            line("of it", 200, 2132),
        ],
    ],
)
def test_it_stands_where_it_stands_in_italics_or_is_left_out(head: list[Line]) -> None:
    kept, dropped = composed([*TEXT, *head]), composed([*head, *TEXT], drop=True)
    assert dropped.text.splitlines() == TOLD
    assert dropped.markdown == composed(TEXT).markdown
    # It is on the page all the same.
    assert dropped.lines == kept.lines
    assert len(kept.lines) == len(TEXT) + len(head)
    mark = kept.markdown.split("\n\n")[0 if head[0].polygon[0][1] < 200 else 1]
    assert mark.startswith("*")
    assert head[0].text in mark
    assert len(kept.text) > len(dropped.text)


@pytest.mark.parametrize(
    "body",
    [
        [line("A Title Of Large Print", 200, 70, height=60, width=700)],
        [line("directly above the text", 200, 205)],
        [line("17", 200, 250 + 45 * 30)],
        [line("Yours sincerely", 200, 1750), line("Helena Brandt", 200, 1850)],
    ],
)
def test_what_may_be_text_is_text(body: list[Line]) -> None:
    kept = composed([*TEXT, *body])
    assert composed([*TEXT, *body], drop=True) == kept
    assert "*" not in kept.markdown


def test_a_strip_of_paper_has_no_margins() -> None:
    receipt = prose(20, left=40, top=20, width=500)
    thanks = line("THANK YOU", 200, 1150)
    told = compose([*receipt, thanks], width_px=600, height_px=1200, running_heads="drop")
    assert told.text.endswith("THANK YOU")


def test_pages_of_a_few_lines_have_none() -> None:
    lines = [line("1", 700, 20), line("2", 700, 2100)]
    assert composed(lines, drop=True).text == "1\n2"
