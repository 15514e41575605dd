"""What an engine has put aside for one large page is the system's again after some pages."""

import psutil
from PIL import Image

from ocr_node.engines.onnx_engine import OnnxEngine
from tests.documents import encoded
from tests.ocr_node.engines.test_long_pages import page_with

MB = 2**20
SMALL_PRINT = (3_000, 4_200)  # px: of print of 26 px, which is looked at a second time, enlarged
GIVEN_BACK_AFTER = 10  # pages


def test_memory_of_a_large_page_is_given_back(engine: OnnxEngine) -> None:
    process = psutil.Process()
    large = encoded(page_with(SMALL_PRINT, [(200, y) for y in (300, 900, 1_500, 2_100)]))
    small = encoded(Image.new("RGB", (300, 400), "white"))
    after = []
    for image in [large] + [small] * GIVEN_BACK_AFTER:
        engine.read(image, language="en", page_index=0)
        after.append(process.memory_info().rss)
    assert min(after) < after[0] - 50 * MB, [size // MB for size in after]
