"""What may go to a terminal, and what is said of errors."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.object_reading import ObjectMissing
from contracts.errors import BrokerUnavailable, StoreFull
from docr.sentences import of_document, sentences
from docr.terminal import printable, printable_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Übersicht 2024 (日本).pdf", "Übersicht 2024 (日本).pdf"),
        ("caf\udce9.pdf", r"caf\xe9.pdf"),
        ("two\nlines\x1b[31m", r"two\nlines\x1b[31m"),
        ("gpj.\u202efdp", r"gpj.\u202efdp"),
        ("\x9b31m\u2028", r"\x9b31m\u2028"),
    ],
)
def test_what_a_terminal_acts_upon_is_shown_in_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_printable_json_is_the_same_value_without_anything_raw(text: str) -> None:
    shown = printable_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(shown) == [text]
    assert printable(shown) == shown


def test_a_group_of_errors_is_told_by_its_leaves() -> None:
    group = ExceptionGroup(
        "unhandled errors in a TaskGroup",
        [
            BrokerUnavailable("the broker is away"),
            ExceptionGroup("deeper", [ValueError("odd\nvalue"), BrokerUnavailable("it is away")]),
            BrokerUnavailable("the broker is away"),
        ],
    )
    away, odd, again = sentences(group)
    assert away == "the broker is away"
    assert odd.startswith("unforeseen: ValueError: odd value; please report it")
    assert again == "it is away"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (PermissionError(13, "Permission denied", "a.pdf"), "a.pdf: Permission denied; check"),
        (OSError(28, "No space left on device"), "a.pdf: No space left on device; check"),
        (PermissionError(13, "Permission denied", "out/x"), "a.pdf: out/x: Permission denied;"),
        (StoreFull("no room; make some"), "a.pdf: no room; make some"),
        (ObjectMissing("x is damaged"), "a.pdf: its outputs are lost: x is damaged"),
        (ValueError("odd"), "a.pdf: unforeseen: ValueError: odd; please report it"),
    ],
)
def test_whatever_goes_wrong_with_a_document_is_a_sentence_about_it(
    wrong: Exception, sentence: str
) -> None:
    assert of_document(Path("a.pdf"), wrong).startswith(sentence)
