"""Two pages of the corpus as a reader sees them. Twin, on generated ones: docr/test_run_samples."""

from pathlib import Path
from typing import Final

import pytest

from bench.word_order import word_order
from layout.page_text import compose
from ocr_node.engines import EngineSettings, load_engine

PAGES: Final = Path(__file__).parents[3] / "shared/corpus/pages"


@pytest.mark.corpus
@pytest.mark.skipif(not PAGES.is_dir(), reason="no documents in ../shared/corpus")
def test_real_pages_are_in_order_and_have_their_headings_and_tables(model_cache: Path) -> None:
    engine = load_engine(EngineSettings(cache_dir=model_cache))
    told = {}
    for name in ("page-multicolumn-p1", "page-olmo2-pg4-p1"):
        image = (PAGES / f"{name}.jpg").read_bytes()
        reading = engine.read(image, language="en", page_index=0)
        page = compose(reading.lines, width_px=reading.width_px, height_px=reading.height_px)
        order, _ = word_order(page.text, (PAGES / f"{name}.txt").read_text())
        assert order > 0.97
        told[name] = page.markdown
    columns, table = told.values()
    assert columns.startswith("# Two-Column Document with Lorem Ipsum\n\n")
    assert "\n\n## Abstract\n\nThis is a sample document with two columns filled with" in columns
    assert "consectetuer adipiscing elit" in columns
    assert columns.endswith("\n\n*1*")
    assert "| Source | Type | Tokens | Words | Bytes | Docs |\n| --- | --- | ---: |" in table
    assert "| arXiv | STEM papers | 20.8B | 19.3B | 77.2B | 3.95M |" in table
    assert "\n\n### 2.1.1 Pretraining data: OLMo 2 Mix 1124\n\nThe mix used for" in table
