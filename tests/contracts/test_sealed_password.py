"""Passwords as they travel: sealed, and in headers that know no more than ASCII."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import DocumentRejected, InvalidOption, PasswordRefused
from contracts.sealed_password import (
    PasswordSeal,
    as_password_header,
    password_of_header,
    sealed,
)

SEAL = PasswordSeal("a key of enough characters")
passwords = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=200)


@given(passwords)
def test_a_password_in_a_header_comes_out_as_it_went_in(password: str) -> None:
    header = as_password_header(password)
    assert header.isascii()
    assert header.isprintable()
    assert header == header.strip()
    assert password_of_header(header) == password


def test_a_header_is_read_as_clients_send_it() -> None:
    for sent in ("pässwörd", "pässwörd".encode().decode("latin-1"), "utf-8''p%C3%A4ssw%C3%B6rd"):
        assert password_of_header(sent) == "pässwörd"
    assert password_of_header("日本") == "日本"
    for wrong in ("", "x" * 2000, "UTF-8''a%00b"):
        with pytest.raises(InvalidOption) as refused:
            password_of_header(wrong)
        assert wrong == "" or wrong not in str(refused.value)


def test_what_is_sealed_is_opened_with_the_same_key_only() -> None:
    closed = sealed("pässwörd", SEAL)
    assert closed.isascii()
    assert "pässwörd" not in closed
    assert closed != sealed("pässwörd", SEAL), "it does not tell that it is the same one"
    assert PasswordSeal("a key of enough characters").open(closed) == "pässwörd"
    for other in (PasswordSeal("another key of 16 or more"), SEAL):
        with pytest.raises(DocumentRejected, match="sealed with another key"):
            other.open(closed if other is not SEAL else closed[:-4] + "AAA=")


def test_a_key_that_can_be_guessed_is_refused_without_repeating_it() -> None:
    assert PasswordSeal.of("") is None
    with pytest.raises(PasswordRefused, match="set OCR_SECRET_KEY"):
        sealed("x", None)
    with pytest.raises(InvalidOption, match="OCR_SECRET_KEY is too short") as refused:
        PasswordSeal.of("hunter2")
    assert "hunter2" not in str(refused.value)
