"""What the encoding of page images costs, and what it does to accuracy.

    ./dev python -m bench.page_encoding IMAGES

Each image with its truth is encoded in every candidate form, and read by engine onnxruntime.
Prints for each form: CPU ms to encode and to decode, KB a page, mean word F1.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Final

from PIL import Image

from bench.page_images import page_images
from bench.word_f1 import word_f1
from layout.page_text import text_of
from layout.reading_order import in_reading_order
from ocr_node.engines import EngineSettings, load_engine
from ocr_node.engines.decoding import decode_image


def _jpeg(quality: int, subsampling: int, mode: str = "RGB") -> Callable[[Image.Image], bytes]:
    def encode(image: Image.Image) -> bytes:
        out = io.BytesIO()
        image.convert(mode).save(out, format="JPEG", quality=quality, subsampling=subsampling)
        return out.getvalue()

    return encode


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="PNG", compress_level=1)
    return out.getvalue()


FORMS: Final = {
    "PNG, level 1": _png,
    "JPEG 95, 4:4:4": _jpeg(95, 0),
    "JPEG 95, 4:2:0": _jpeg(95, 2),
    "JPEG 90, 4:2:0": _jpeg(90, 2),
    "JPEG 80, 4:2:0": _jpeg(80, 2),
    "JPEG 90, grey": _jpeg(90, 0, "L"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--forms", default=",".join(str(n) for n in range(len(FORMS))))
    arguments = parser.parse_args()
    names = [list(FORMS)[int(number)] for number in arguments.forms.split(",")]
    encode_ms: dict[str, list[float]] = {name: [] for name in names}
    decode_ms: dict[str, list[float]] = {name: [] for name in names}
    sizes: dict[str, list[int]] = {name: [] for name in names}
    scores: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        engine = load_engine(EngineSettings(cpu_threads=1, cache_dir=Path(folder)))
        for page in page_images(arguments.images, arguments.images):
            with Image.open(page.path) as opened:
                pixels = opened.convert("RGB")
            truth = page.true_text or ""
            for name in names:
                began = time.process_time()
                data = FORMS[name](pixels)
                encoded = time.process_time()
                decode_image(data, page_index=0)
                decode_ms[name].append((time.process_time() - encoded) * 1000)
                encode_ms[name].append((encoded - began) * 1000)
                sizes[name].append(len(data))
                reading = engine.read(data, language="en", page_index=0)
                scores[name].append(word_f1(text_of(in_reading_order(reading.lines)), truth))
    for name in names:
        print(
            f"{name:16s} encode {mean(encode_ms[name]):6.1f} ms  "
            f"decode {mean(decode_ms[name]):5.1f} ms  "
            f"{mean(sizes[name]) / 1000:5.0f} KB  word F1 {mean(scores[name]):.4f}"
        )


if __name__ == "__main__":
    main()
