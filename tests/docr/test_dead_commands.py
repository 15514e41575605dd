"""Dead pages that are read again at another dpi."""

import io

from PIL import Image

from contracts.pages import Line, PageTask, Polygon, Word
from docr.dead_commands import resized

_PLACE: Polygon = ((10.0, 20.0), (110.0, 20.0), (110.0, 40.0), (10.0, 40.0))


def test_known_lines_of_a_dead_page_stay_on_their_ink_at_another_dpi() -> None:
    image = io.BytesIO()
    Image.new("L", (200, 100), 255).save(image, "PNG")
    word = Word(text="known", confidence=1.0, polygon=_PLACE)
    line = Line(text="known", confidence=1.0, polygon=_PLACE, words=(word,), source="text_layer")
    task = PageTask(
        job_id="job", page_index=0, image=image.getvalue(), width_px=200, height_px=100, dpi=100,
        language="en", tenant="default", priority="bulk", quality="best", running_heads="drop",
        known_lines=(line,),
    )  # fmt: skip
    larger = resized(task, 300)
    assert (larger.width_px, larger.height_px, larger.dpi) == (600, 300, 300)
    assert (larger.quality, larger.running_heads) == ("best", "drop")
    (known,) = larger.known_lines
    assert known.polygon == ((30.0, 60.0), (330.0, 60.0), (330.0, 120.0), (30.0, 120.0))
    assert known.words[0].polygon == known.polygon
    assert known.source == "text_layer"
