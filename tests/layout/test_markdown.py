"""A page's Markdown: what readers see, from lines as they occur."""

from contracts.pages import Line
from layout.page_text import compose
from tests.layout.drawn_lines import line, mirrored, with_words


def markdown(lines: list[Line]) -> str:
    return compose(lines, width_px=1600, height_px=2200).markdown


def paragraph(*texts: str, left: float = 200, top: float = 400, short: float = 0) -> list[Line]:
    """Full lines of one column, 1200 px wide; the last one is as wide as its letters."""
    full = [line(text, left, top + 45 * n, width=1200) for n, text in enumerate(texts[:-1])]
    return [*full, line(texts[-1], left, top + 45 * len(full), width=short)]


BODY = paragraph(
    "The breakwater was inspected on two days in May, at low tide, from the water and the crest of",
    "its wall. Of the blocks that were looked at most are sound, some of them show cracks of less",
    "than five millimetres, and three have moved towards the harbour since the survey before it.",
    top=500,
)
TEXT = " ".join(each.text for each in BODY)


def test_lines_of_a_paragraph_are_one_and_paragraphs_stand_apart() -> None:
    full = (
        "Another paragraph, further down than the lines of one paragraph are from each other, which"
    )
    second = paragraph(full, "ends.", top=700)
    assert markdown([*BODY, *second]) == f"{TEXT}\n\n{second[0].text} ends."


def test_a_first_line_that_stands_in_begins_a_paragraph() -> None:
    second = [
        line("Indented is the first line of the next paragraph, as in books that save", 250, 635)
    ]
    second[0] = line(second[0].text, 250, 635, width=1150)
    second += [line("paper.", 200, 680)]
    assert markdown([*BODY, *second]) == f"{TEXT}\n\n{second[0].text} paper."


def test_lines_that_had_room_for_more_are_broken_as_printed() -> None:
    address = [
        line(text, 200, 200 + 40 * n) for n, text in enumerate(["Ms Brandt", "14 Quay Street"])
    ]
    assert markdown([*address, *BODY]) == f"Ms Brandt  \n14 Quay Street\n\n{TEXT}"


def test_headings_have_levels_by_the_size_of_their_print() -> None:
    title = line("Survey of the Breakwater", 200, 250, height=66, width=24 * 30)
    section = line("Summary of findings", 200, 400, height=46, width=19 * 21)
    assert markdown([title, section, *BODY]) == (
        f"# Survey of the Breakwater\n\n## Summary of findings\n\n{TEXT}"
    )


def test_a_heading_of_two_lines_is_one() -> None:
    title = [
        line(text, 200, 250 + 70 * n, height=60, width=27 * len(text))
        for n, text in enumerate(["Survey of the Northern", "Breakwater"])
    ]
    assert markdown([*title, *BODY]) == f"# Survey of the Northern Breakwater\n\n{TEXT}"


def test_headings_in_the_size_of_the_text_are_told_by_their_spelling_and_are_one_each() -> None:
    titles = [
        line(text, 200, top, width=12 * len(text))
        for text, top in (("Repairs of Older Walls", 350), ("Findings of the Northern Survey", 430))
    ]
    sentence = line("Repairs were made in May", 200, 430, width=12 * 24)
    assert markdown([*titles, *BODY]) == (
        f"### Repairs of Older Walls\n\n### Findings of the Northern Survey\n\n{TEXT}"
    )
    assert "#" not in markdown([sentence, *BODY])


def test_a_word_divided_at_the_end_of_a_line_is_made_whole() -> None:
    lines = paragraph("It was a long and difficult in-", "vestigation of all that stood there.")
    assert markdown(lines) == "It was a long and difficult investigation of all that stood there."


def test_a_compound_keeps_its_hyphen_where_the_page_or_the_word_says_so() -> None:
    told = {
        ("a state-of-the-", "art tool"): "a state-of-the-art tool",
        ("a self-", "made tool, well made"): "a self-made tool, well made",
        ("the water-", "front"): "the waterfront",
        (
            "the water-",
            "front is a water-front after all",
        ): "the water-front is a water-front after all",
        ("by LS-", "RSMR"): "by LS-RSMR",
        ("pages 406-", "415"): "pages 406-415",
        ("mother-", "und Kind"): "mother- und Kind",
        ("soft\u00ad", "ened"): "softened",
    }
    assert {key: markdown(paragraph(*key)) for key in told} == told


def test_lists_are_lists_and_nested_by_their_indent() -> None:
    rows = [
        (200, "\u2022 the first of them, which goes on over the end of its"),
        (230, "line"),
        (200, "\u2022 the second"),
        (260, "- a part of the second"),
        (260, "- another part"),
        (200, "\u00b7 a third, with a dot"),
    ]
    lines = [
        line(text, left, 400 + 45 * n, width=1200 if n == 0 else 0)
        for n, (left, text) in enumerate(rows)
    ]
    assert markdown(lines) == (
        "- the first of them, which goes on over the end of its line\n- the second\n"
        "    - a part of the second\n    - another part\n- a third, with a dot"
    )


def test_numbered_items_keep_their_numbers_and_letters_are_told_in_the_item() -> None:
    rows = ["3. apples", "4. pears", "a) red ones", "b) green ones", "1984. It was the year"]
    lines = [line(text, 200 + 60 * (text[1] == ")"), 400 + 45 * n) for n, text in enumerate(rows)]
    assert markdown(lines) == (
        "3. apples\n4. pears\n    - a) red ones\n    - b) green ones\n\n1984\\. It was the year"
    )


def test_what_only_looks_like_an_item_is_text() -> None:
    lines = [line("2. May was the day of it", 200, 400), line("o for a beaker full", 200, 445)]
    assert markdown(lines) == "2\\. May was the day of it o for a beaker full"


ROWS = [("Item", "Qty", "Price"), ("Steel pipe", "36", "48.00"), ("Valve", "2", "215.50")]
ROWS += [("Copper | brass", "9", "1.20")]
TABLE = (
    "| Item | Qty | Price |\n| --- | ---: | ---: |\n| Steel pipe | 36 | 48.00 |\n"
    "| Valve | 2 | 215.50 |\n| Copper \\| brass | 9 | 1.20 |"
)


def test_a_table_is_a_table_with_numbers_on_the_right() -> None:
    lines = [
        line(text, 200 + 400 * column - 14 * len(text) * (column > 0), 700 + 50 * row)
        for row, texts in enumerate(ROWS)
        for column, text in enumerate(texts)
    ]
    assert markdown([*BODY, *lines]) == f"{TEXT}\n\n{TABLE}"


def test_a_table_is_found_in_lines_that_tell_their_words() -> None:
    lines = [
        with_words(f"{item} {count} {price}", 200, 700 + 50 * row, starts={count: 580, price: 800})
        for row, (item, count, price) in enumerate(ROWS)
    ]
    assert markdown(lines) == TABLE


def test_a_table_in_hebrew_has_its_first_column_on_the_right() -> None:
    word = "\u05de\u05d9\u05dd"
    rows = [(word * 2, "12"), (word, "7"), (word * 2, "104")]
    lines = [
        mirrored(with_words(f"{item} {n}", 200, 700 + 50 * row, starts={n: 800}))
        for row, (item, n) in enumerate(rows)
    ]
    told = markdown(lines).splitlines()
    assert told[2:] == [f"| {item} | {n} |" for item, n in rows]


def test_a_table_without_names_of_columns_has_an_empty_head() -> None:
    rows = [
        ("Born", "943"),
        ("Died", "975"),
        ("House", "Wessex"),
        ("", "of old"),
        ("Son", "Ed"),
    ]
    lines = [
        line(text, 200 + 300 * column, 700 + 45 * row)
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
        if text
    ]
    assert markdown(lines) == (
        "|  |  |\n| --- | --- |\n| Born | 943 |\n| Died | 975 |\n| House | Wessex |\n"
        "|  | of old |\n| Son | Ed |"
    )


def test_text_in_pieces_is_no_table() -> None:
    lines = [
        piece
        for n in range(6)
        for piece in (
            line("a piece of a line", 200, 400 + 45 * n, width=300 + 77 * (n * 5 % 7)),
            line("and the other one", 520 + 77 * (n * 5 % 7), 400 + 45 * n, width=700),
        )
    ]
    assert "|" not in markdown(lines)


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    texts = ["the words of one column go on", "and on, as words of columns do"] * 4
    left = [line(text, 200, 400 + 45 * n, width=500) for n, text in enumerate(texts)]
    right = [line(text, 800, 400 + 45 * n, width=500) for n, text in enumerate(texts)]
    assert markdown([*left, *right]) == " ".join(texts + texts)


def test_lines_of_chinese_are_joined_without_a_space() -> None:
    texts = ["\u6c34" * 30, "\u6c34" * 30, "\u6c34" * 9]
    lines = [line(text, 200, 400 + 45 * n, width=40 * len(text)) for n, text in enumerate(texts)]
    assert markdown(lines) == "\u6c34" * 69
