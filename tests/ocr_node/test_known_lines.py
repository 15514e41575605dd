"""Lines known without reading, beside those that were read."""

from contracts.pages import Line, Polygon, Word
from ocr_node.known_lines import with_known


def place(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def line(*words: str, left: float = 100, top: float = 100) -> Line:
    """Words of 100 px, side by side."""
    return Line(
        text=" ".join(words),
        confidence=0.9,
        polygon=place(left, top, left + 100 * len(words), top + 20),
        words=tuple(
            Word(text=word, confidence=0.8, polygon=place(x, top, x + 90, top + 20))
            for x, word in ((left + 100 * n, word) for n, word in enumerate(words))
        ),
    )


KNOWN = line("Known", "words").model_copy(update={"confidence": 1.0, "source": "text_layer"})


def test_what_was_read_on_known_lines_is_left_out() -> None:
    again, grown = line("Knovvn", "words"), line("Known", "words", left=90, top=95)
    elsewhere = line("picture", top=200)
    below = line("next", top=112)
    assert with_known([again, elsewhere, grown, below], [KNOWN]) == (KNOWN, elsewhere, below)
    assert with_known([elsewhere], []) == (elsewhere,)


def test_a_line_that_was_read_beyond_a_known_one_keeps_its_other_words() -> None:
    longer = line("Known", "words", "in", "a", "picture")
    known, rest = with_known([longer], [KNOWN])
    assert known == KNOWN
    assert rest.text == "in a picture"
    assert rest.polygon == place(300, 100, 590, 120)
    assert rest.confidence == 0.8
    assert [word.text for word in rest.words] == ["in", "a", "picture"]


def test_a_line_that_was_read_across_a_known_one_stands_on_either_side_of_it() -> None:
    across = line("in", "one", "Known", "words", "and", "in", "another", left=-100)
    known, before, behind = with_known([across], [KNOWN])
    assert known == KNOWN
    assert (before.text, behind.text) == ("in one", "and in another")
    assert before.polygon == place(-100, 100, 90, 120)
    assert behind.polygon == place(300, 100, 590, 120)


def test_a_line_read_over_two_known_ones_is_theirs() -> None:
    other = line("more", left=320)
    assert with_known([line("Known", "words", "more")], [KNOWN, other]) == (KNOWN, other)


def test_lines_without_extent_are_kept() -> None:
    flat = Line(text="x", confidence=0.5, polygon=place(5, 5, 5, 5))
    assert with_known([flat], [KNOWN]) == (KNOWN, flat)


def read(text: str, polygon: Polygon) -> Line:
    word = Word(text=text, confidence=0.8, polygon=polygon)
    return Line(text=text, confidence=0.8, polygon=polygon, words=(word,))


def test_a_word_whose_box_was_found_larger_than_its_letters_is_told_once() -> None:
    """Boxes of the engine may be twice as high as the letters that the text layer tells."""
    wide = read("Known", place(95, 90, 210, 132))
    assert with_known([wide], [KNOWN]) == (KNOWN,)


def test_a_formula_read_as_one_word_over_its_known_signs_is_told_once() -> None:
    signs = [line(sign, left=100 + 30 * n) for n, sign in enumerate("7+i")]
    known = [
        sign.model_copy(update={"words": (), "polygon": place(x, 106, x + 22, 122)})
        for x, sign in zip((100, 130, 160), signs, strict=True)
    ]
    assert with_known([read("7+i", place(95, 95, 190, 135))], known) == tuple(known)


def test_a_number_read_as_one_word_with_the_mark_of_its_legend_is_told_once() -> None:
    mark, more = "\N{EM DASH}Known", "10Known"
    legend = place(-60, 95, 195, 125)
    assert with_known([read(mark, legend)], [KNOWN]) == (KNOWN,)
    # What says more than the known word, and stands mostly elsewhere, is kept.
    assert with_known([read(more, legend)], [KNOWN]) == (KNOWN, read(more, legend))


def test_a_large_word_with_small_known_print_across_it_is_kept() -> None:
    draft = read("DRAFT", place(90, 0, 310, 200))
    assert with_known([draft], [KNOWN]) == (KNOWN, draft)
