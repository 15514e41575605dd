"""A browser's viewer selects what is read on a searchable PDF."""

from pathlib import Path

import pytest

from tests.documents import encoded, picture
from tests.exports.chromium import CHROMIUM, viewer
from tests.exports.reading import box, line, page, searchable


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt install chromium)")
def test_chromium_selects_a_line(tmp_path: Path) -> None:
    texts = ["First line here", "Second line of three", "Third and last"]
    lines = [line(text, box(50, 20 + 190 * n, 800, 170)) for n, text in enumerate(texts)]
    result = page(lines, width_px=900, height_px=600, dpi=100)
    out = searchable(encoded(picture(size=(900, 600))), [result], tmp_path)
    with viewer(tmp_path) as chromium:
        try:
            chromium.open(out)
        except TimeoutError:
            pytest.skip("this Chromium shows no PDF, or does not start")
        assert chromium.selects_in_the_middle(texts[1])
