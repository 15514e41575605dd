"""What holds for every format that is written page by page."""

import re
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.languages import LANGUAGES
from contracts.output_formats import OutputFormat
from contracts.pages import PageResult
from exports.language_codes import codes_of
from tests.exports.made_pages import a_document, exported

FORMATS: tuple[OutputFormat, ...] = ("hocr", "alto", "tsv", "page")


@pytest.mark.parametrize("output_format", FORMATS)
def test_no_page_is_kept_once_it_is_written(output_format: OutputFormat, tmp_path: Path) -> None:
    handed_out: list[weakref.ref[PageResult]] = []

    def pages() -> Iterator[PageResult]:
        for page_index in range(12):
            alive = sum(each() is not None for each in handed_out)
            # The one that was just written is let go when the next one comes.
            assert alive <= 2
            page = a_document()[0].model_copy(update={"page_index": page_index})
            handed_out.append(weakref.ref(page))
            yield page
            del page

    exported(output_format, pages(), tmp_path, total_pages=12)
    assert len(handed_out) == 12


@pytest.mark.parametrize("output_format", FORMATS)
def test_the_same_results_make_the_same_file(output_format: OutputFormat, tmp_path: Path) -> None:
    first, second = (exported(output_format, a_document(), tmp_path).read_bytes() for _ in range(2))
    assert first == second


def test_every_language_has_codes_unless_it_stands_for_a_script() -> None:
    without = {language for language in LANGUAGES if codes_of(language).tag is None}
    assert without == {"latin", "eslav", "cyrillic", "arabic", "devanagari"}
    for language in LANGUAGES:
        codes = codes_of(language)
        assert re.fullmatch("[A-Z][a-z]{3}", codes.iso15924 or "")
        if language not in without:
            # xsd:language, of which ALTO's LANG is.
            assert re.fullmatch("[a-z]{2,3}(-[A-Z][a-z]{3})?", codes.tag or "")
            assert re.fullmatch("[a-z]{2,3}", codes.iso639 or "")
