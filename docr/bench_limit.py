"""`docr bench limit`: how far our engine is from what this machine's arithmetic allows."""

import json
from pathlib import Path

from bench.limit import limit_of, work_of
from bench.limit_report import as_json, draw
from bench.page_images import page_images, picked
from bench.subjects.ours import as_child_settings
from contracts.errors import InvalidOption
from docr import machine
from docr.benched_engine import benched_engine
from docr.drawing import drawn
from docr.output_folder import make_writable
from docr.settings import Settings, load_settings
from docr.terminal import print_out, say
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models

_ONNX = "inference.onnx"


async def bench_limit(images: Path, *, files: int | None, language: str | None, out: Path) -> None:
    """Prints the table. `files`: so many images only; `out`: folder for limit.json.

    Raises: OcrError.
    """
    settings = load_settings(ocr_language=language)
    make_writable(out)
    pages = picked(page_images(images, None), files)
    detection, recognition = _models(settings)
    # One thread, so that core-seconds are those of one core.
    engine = benched_engine(settings, cpu_threads=1)
    works, rates = await work_of(
        pages,
        engine=as_child_settings(engine),
        language=settings.ocr_language,
        memory_limit_bytes=machine.memory_bytes(),
        tell=say,
    )
    limit = limit_of(works, rates, detection=detection, recognition=recognition)
    (out / "limit.json").write_text(json.dumps(as_json(limit), indent=1) + "\n")
    print_out(drawn(lambda console: draw(limit, console)))


def _models(settings: Settings) -> tuple[Path, Path]:
    """The ONNX files whose operations count, as they come: detection, recognition."""
    if settings.ocr_engine != "onnxruntime":
        raise InvalidOption(
            f"docr bench limit counts the operations of ONNX models, which engine "
            f"{settings.ocr_engine} does not run; leave OCR_ENGINE out"
        )
    if settings.ocr_model_dir is None:
        models = bundled_models(settings.ocr_cache_dir)
        return models / DETECTION / _ONNX, models / RECOGNITION / _ONNX
    found = [sorted(settings.ocr_model_dir.glob(f"*{end}/{_ONNX}")) for end in ("_det", "_rec")]
    if any(len(each) != 1 for each in found):
        raise InvalidOption(
            f"OCR_MODEL_DIR {settings.ocr_model_dir} must hold one folder *_det and one *_rec "
            f"with {_ONNX}; correct it, or leave it empty for the weights of the install"
        )
    return found[0][0], found[1][0]
