"""What the engine's process answers, from what an engine finds."""

from pathlib import Path

import pytest

from contracts.pages import lines_of_json
from ocr_node import engine_child
from ocr_node.engine import PageReading
from tests.layout.drawn_lines import line, prose


class DrawnPage:
    """An engine that finds the same lines on every page."""

    lines = (line("12", 780, 2080), *prose(20, left=200, top=250, width=1200))

    def read(self, *_: object, **__: object) -> PageReading:
        return PageReading(lines=self.lines, width_px=1600, height_px=2200)


@pytest.mark.parametrize(
    ("asked", "has_number"),
    [({}, True), ({"running_heads": "keep"}, True), ({"running_heads": "drop"}, False)],
)
def test_page_numbers_are_kept_or_dropped_as_the_task_says(
    asked: dict[str, str], has_number: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The process of the tests keeps its network.
    monkeypatch.setattr(engine_child, "forbid_network", lambda: None)
    monkeypatch.setattr(engine_child, "load_engine", lambda *_: DrawnPage())
    handle = engine_child.serve({"model_dir": "", "cache_dir": str(tmp_path), "languages": ()})
    request = {"image": b"", "language": "en", "page_index": 0, "handed_in": False}
    answer = handle(request | asked)
    assert ("12" in answer["text"].split()) is has_number
    assert ("*12*" in answer["markdown"]) is has_number
    assert len(lines_of_json(answer["lines"])) == 21
