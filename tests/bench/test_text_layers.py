"""The choice between text layer and reading, beside what people would choose (twins of these pages,
made on the spot: tests/ingest/test_trust.py)."""

from pathlib import Path
from typing import get_args

import pytest

from bench.text_layers import judge, pages_a_second, truth
from ingest.trust import Choice

CORPUS = Path(__file__).parents[3] / "shared/corpus"


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no documents in ../shared/corpus")
def test_hardly_any_page_of_the_corpus_is_taken_for_what_it_is_not() -> None:
    made, right, wrong = judge(CORPUS)
    assert made.total() > 100
    assert right.total() >= 0.98 * made.total(), wrong


def test_the_truth_names_choices_that_exist() -> None:
    assert {choice for _, _, choices in truth() for choice in choices} <= set(get_args(Choice))


def test_generated_pages_go_the_way_of_text(tmp_path: Path) -> None:
    assert pages_a_second(tmp_path, lines=3, pages=4) > 0.0
