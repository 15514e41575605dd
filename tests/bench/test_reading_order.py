"""The measure of order, and the command that takes it."""

import json
from pathlib import Path

import pytest

from bench import reading_order
from bench.word_order import word_order
from tests.layout.drawn_lines import prose


def test_order_is_the_share_of_common_words_in_one_sequence() -> None:
    assert word_order("a b c d", "a b c d") == (1.0, 1.0)
    assert word_order("c d a b", "a b c d") == (0.5, 1.0)
    assert word_order("A, b c x y", "a b c d") == (1.0, 0.75)
    assert word_order("in-\nvestigation", "INVESTIGATION") == (1.0, 1.0)
    assert word_order("x", "a") == (1.0, 0.0)


def test_what_was_read_is_kept_and_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = prose(10, left=100, top=100) + prose(10, left=600, top=100, first=10)
    (tmp_path / "page.jpg").write_bytes(b"not looked at, since it was read before")
    (tmp_path / "page.txt").write_text("\n".join(line.text for line in lines))
    kept = [line.model_dump(mode="json") for line in lines]
    (tmp_path / "page.json").write_text(
        json.dumps({"lines": kept, "width_px": 1200, "height_px": 1600})
    )
    reading_order.main([str(tmp_path), "--keep", str(tmp_path), "--markdown", str(tmp_path)])
    _, _, page, total = capsys.readouterr().out.splitlines()
    assert page.startswith("| page | 1.000 | 0.")
    assert total.startswith("| mean of 1 | 1.000 | 0.")
    assert lines[0].text in (tmp_path / "page.md").read_text()
