"""Markdown means what the page says: nothing else, nothing less."""

import random
import re
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from contracts.pages import Line
from layout import escaping
from layout.page_text import compose
from tests.layout.drawn_lines import line

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLAIN = {"text", "softbreak", "hardbreak", "text_special", "em_open", "em_close"}


def inlines(markdown: str) -> Iterable[Token]:
    for token in GITHUB.parse(markdown):
        yield from token.children or ()


def shown(markdown: str) -> str:
    """What a reader sees, one line a text."""
    told = []
    for token in GITHUB.parse(markdown):
        if token.type in ("inline", "code_block", "fence", "html_block"):
            children = token.children or []
            told.append("".join(c.content if "break" not in c.type else "\n" for c in children))
    return "\n".join(told)


SIGNS = st.text(alphabet="ab1 .*_`~[]()<>!&;#+-=|:\\\"'/x$", min_size=1, max_size=40)
TRAPS = st.sampled_from(
    ["<script>alert(1)</script>", "![i](http://x)", "[a](js:b)", "[a]: http://x", "<!-- a",
     "<http://a.b>", "&lt;b&gt;", "&#65;", "~~~", "```", "---", "===", "- - -", "1. a", "1) a",
     "# a", "> a", "|a|b|", "|---|", "--|--", "[ ] a", "**a**", "__a__", "a\\", "~~a~~", "+ a",
     "<?a?>", "*"]
)  # fmt: skip
TEXTS = (
    st.one_of(SIGNS, TRAPS, st.tuples(TRAPS, SIGNS).map("".join))
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


@example(["~~1", "~~~"])
@example(["**1", "***"])
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_a_paragraph_shows_its_own_signs(texts: list[str]) -> None:
    markdown = escaping.paragraph("\n".join(texts))
    tokens = [token.type for token in GITHUB.parse(markdown)]
    assert tokens == ["paragraph_open", "inline", "paragraph_close"]
    assert {token.type for token in inlines(markdown)} <= {"text", "hardbreak", "text_special"}
    assert shown(markdown) == "\n".join(texts)


@given(TEXTS)
def test_headings_items_cells_and_emphasis_do_too(text: str) -> None:
    cell = escaping.cell(text)
    for markdown, kind in (
        (f"## {escaping.heading(text)}", "heading_open"),
        (f"- {escaping.paragraph(text)}", "bullet_list_open"),
        (f"*{escaping.paragraph(text, in_emphasis=True)}*", "paragraph_open"),
        (f"| {cell} | b |\n| --- | --- |\n| {cell} | b |", "table_open"),
    ):
        assert next(iter(GITHUB.parse(markdown))).type == kind
        assert {token.type for token in inlines(markdown)} <= PLAIN
        assert text in shown(markdown).split("\n")


@pytest.mark.parametrize(
    "text",
    ["3.14 (a_b)", "f(x) = x*2", "a < b > c", "R&D, AT&T", "[1] and [2]", "$5", "C# and C++", "!",
     "#1", "-5 degrees", "1984 was", "5 * 3 * 2", "snake_case_name", "path\\to", "~100", "a|b",
     "(a)", "2.5"],
)  # fmt: skip
def test_what_means_nothing_stays_readable(text: str) -> None:
    assert escaping.paragraph(text) == text


any_lines = st.lists(
    st.builds(
        lambda text, left, top, height: line(text, left, top, height=height),
        TEXTS,
        st.sampled_from([100, 130, 400, 700, 1000]),
        st.integers(0, 40).map(lambda n: 45 * n),
        st.sampled_from([28, 30, 31, 44, 70]),
    ),
    max_size=16,
)


@settings(max_examples=60)
@given(any_lines)
def test_a_page_keeps_its_words_and_has_no_html_no_links_and_no_images(lines: list[Line]) -> None:
    page = compose(lines, width_px=1400, height_px=2000)
    kinds = {token.type for token in GITHUB.parse(page.markdown)}
    kinds |= {token.type for token in inlines(page.markdown)}
    assert not kinds & {
        "html_block",
        "html_inline",
        "link_open",
        "image",
        "fence",
        "code_block",
        "hr",
    }
    assert words(page.text) == words("\n".join(each.text for each in lines))
    assert letters(shown(page.markdown)) == letters(page.text)


def words(text: str) -> Counter[str]:
    return Counter(text.split())


def letters(text: str) -> Counter[str]:
    return Counter(re.findall(r"[a-z]", text))


@settings(max_examples=60)
@given(any_lines, st.randoms(use_true_random=False))
def test_a_page_is_the_same_in_any_order_of_its_lines(
    lines: list[Line], dice: random.Random
) -> None:
    shuffled = lines[:]
    dice.shuffle(shuffled)
    first = compose(lines, width_px=1400, height_px=2000)
    assert compose(shuffled, width_px=1400, height_px=2000)[1:] == first[1:]
