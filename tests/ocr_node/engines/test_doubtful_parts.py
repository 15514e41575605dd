"""Of a doubtful line, only the words that leave doubt are read again."""

import numpy as np

from ocr_node.engines.doubt import Reading
from ocr_node.engines.doubtful_parts import Part, doubtful_parts, put_together
from ocr_node.engines.line_words import LineWord

LINE = "Please return all of these goods within seven days with yOur original receipt"


def reading(text: str, *, doubtful: set[str], confidence: float = 0.97) -> Reading:
    """Of `text`, read with `confidence`; 10 px for each character, the `doubtful` words at 0.9."""
    words = []
    at = 0
    for word in text.split():
        words.append(
            LineWord(
                text=word,
                confidence=0.9 if word in doubtful else 0.999,
                left=at / len(text),
                right=(at + len(word)) / len(text),
            )
        )
        at += len(word) + 1
    return Reading(text=text, confidence=confidence, steps=2 * len(text), words=tuple(words))


def texts(of: Reading) -> list[str]:
    return [
        " ".join(word.text for word in of.words[part.first : part.after])
        for part in doubtful_parts(of)
    ]


def test_a_line_read_with_confidence_has_no_parts() -> None:
    assert doubtful_parts(reading(LINE, doubtful=set(), confidence=0.99)) == []


def test_a_word_in_doubt_is_read_again_with_some_letters_around_it() -> None:
    assert texts(reading(LINE, doubtful={"yOur"})) == ["yOur original"]
    assert texts(reading(LINE, doubtful={"receipt"})) == ["receipt"]
    assert texts(reading(LINE, doubtful={"of"})) == ["of these"]
    assert texts(reading(f"{LINE} 7", doubtful={"7"})) == ["receipt 7"]


def test_words_in_doubt_beside_each_other_make_one_part() -> None:
    assert texts(reading(LINE, doubtful={"yOur", "original"})) == ["yOur original"]
    assert texts(reading(LINE, doubtful={"return", "yOur"})) == ["return", "yOur original"]


def test_parts_reach_to_the_middles_of_the_gaps_around_them() -> None:
    (part,) = doubtful_parts(reading(LINE, doubtful={"yOur"}))
    assert round(part.left * len(LINE), 3) == LINE.index("yOur") - 0.5
    assert round(part.right * len(LINE), 3) == LINE.index(" receipt") + 0.5


def test_a_line_is_read_again_whole_where_most_of_it_leaves_doubt_or_nobody_knows_what() -> None:
    assert texts(reading("7 x 8", doubtful={"x"})) == ["7 x 8"]
    assert texts(reading(LINE, doubtful=set())) == [LINE]
    wide = reading("yOur  money", doubtful={"yOur"})
    (part,) = doubtful_parts(wide)
    assert (part.first, part.after, part.left, part.right) == (0, 2, 0.0, 1.0)


def test_condensed_lines_are_read_again_whole() -> None:
    line = reading(LINE, doubtful={"yOur"})
    condensed = Reading(
        text=line.text, confidence=line.confidence, steps=len(line.text), words=line.words
    )
    assert texts(condensed) == [LINE]


def test_what_is_read_again_takes_the_place_of_the_words_in_doubt() -> None:
    line = reading(LINE, doubtful={"yOur"})
    (part,) = doubtful_parts(line)
    again = reading("your origi nal", doubtful=set(), confidence=0.999)
    whole = put_together(line, [(part, again)])
    assert whole.text == LINE.replace("yOur original", "your origi nal")
    assert whole.confidence > line.confidence
    edges = [(word.left, word.right) for word in whole.words]
    assert all(left < right for left, right in edges)
    assert edges == sorted(edges)
    your = whole.words[10]
    assert (your.text, your.left) == ("your", part.left)


def test_a_line_that_was_read_again_whole_is_what_was_read_then() -> None:
    line = reading("yOur  money", doubtful={"yOur"})
    again = reading("Your  money", doubtful=set(), confidence=0.999)
    assert put_together(line, [(part, again) for part in doubtful_parts(line)]) is again


def test_a_part_in_which_nothing_is_read_leaves_the_other_words() -> None:
    line = reading(LINE, doubtful={"yOur"})
    (part,) = doubtful_parts(line)
    nothing = Reading(text="", confidence=0.0, steps=10)
    assert put_together(line, [(part, nothing)]).text == LINE.replace("yOur original ", "")


def test_the_box_of_a_part_lies_along_a_slanted_line() -> None:
    box = np.array([[0, 0], [100, 20], [98, 30], [-2, 10]], np.float32)
    part = Part(first=1, after=2, left=0.25, right=0.5).box(box)
    assert np.allclose(part, [[25, 5], [50, 10], [48, 20], [23, 15]])
    assert np.array_equal(Part(first=0, after=9, left=0.0, right=1.0).box(box), box)
