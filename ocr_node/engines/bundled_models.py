"""PP-OCRv6 small weights as PaddleOCR wants them, from the ONNX files in the rapidocr wheel.

PaddleOCR reads folders of `inference.onnx` and `inference.yml`; the wheel has bare ONNX files, the
recognition dictionary in the metadata of one of them. Nothing is downloaded.
"""

import importlib.metadata
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from contracts.errors import EngineUnavailable

DETECTION: Final = "PP-OCRv6_small_det"
RECOGNITION: Final = "PP-OCRv6_small_rec"
# In the wheel's folder models/.
_FILES: Final = {DETECTION: "PP-OCRv6_det_small.onnx", RECOGNITION: "PP-OCRv6_rec_small.onnx"}
# Changes when the inference.yml below do, so that older folders are not taken for current ones.
_REVISION: Final = 1

_DECODE: Final = {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}}
_KEEP: Final = {"KeepKeys": {"keep_keys": ["image"]}}


def bundled_models(cache_dir: Path) -> Path:
    """A folder with the folders PP-OCRv6_small_det and PP-OCRv6_small_rec, made if missing.

    Two processes may ask at once. Raises: EngineUnavailable.
    """
    try:
        version = importlib.metadata.version("rapidocr")
        wheel = Path(str(importlib.metadata.distribution("rapidocr").locate_file("rapidocr")))
    except importlib.metadata.PackageNotFoundError as missing:
        raise EngineUnavailable(
            "the OCR weights are not installed; run 'pip install rapidocr', or set OCR_MODEL_DIR "
            "to a folder with PP-OCR models"
        ) from missing
    models = cache_dir / f"PP-OCRv6-small-rapidocr-{version}-{_REVISION}"
    # The links are followed: they go stale when another environment is removed.
    if all((models / name / "inference.onnx").exists() for name in _FILES):
        return models
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache_dir, prefix=".models-"))
    except OSError as wrong:
        raise EngineUnavailable(
            f"OCR models cannot be unpacked in {cache_dir} ({wrong.strerror}); "
            "make it writable, or set OCR_MODEL_DIR"
        ) from wrong
    try:
        _lay_out(fresh, wheel / "models")
        _move_into_place(fresh, models)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return models


def _lay_out(folder: Path, weights: Path) -> None:
    import yaml  # noqa: PLC0415 - once for each install

    # The C emitter takes half the time for a dictionary of 18,708 characters.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    for name, file in _FILES.items():
        source = weights / file
        if not source.is_file():
            raise EngineUnavailable(
                f"the rapidocr package lacks {file}; install rapidocr 3.10, or set OCR_MODEL_DIR"
            )
        (folder / name).mkdir()
        (folder / name / "inference.onnx").symlink_to(source)
        config = _detection() if name == DETECTION else _recognition(_dictionary(source))
        with (folder / name / "inference.yml").open("w", encoding="utf-8") as out:
            about = {"Global": {"model_name": name}, **config}
            yaml.dump(about, out, Dumper=dumper, allow_unicode=True)


def _move_into_place(fresh: Path, models: Path) -> None:
    for _ in range(2):
        try:
            fresh.rename(models)
        except OSError:
            if all((models / name / "inference.onnx").exists() for name in _FILES):
                return  # another process was quicker
            # Links into an environment that is gone. Aside first: removing is not atomic.
            stale = Path(tempfile.mkdtemp(dir=models.parent, prefix=".stale-"))
            os.replace(models, stale)  # noqa: PTH105 - rename refuses nothing that replace does not
            shutil.rmtree(stale, ignore_errors=True)
        else:
            return


def _dictionary(recognition: Path) -> list[str]:
    """The characters of classes 1 to n-2; class 0 is the CTC blank, the last one the space."""
    import onnxruntime  # noqa: PLC0415 - takes 0.2 s, and only the first start needs it here

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        str(recognition), options, providers=["CPUExecutionProvider"]
    )
    text: str = session.get_modelmeta().custom_metadata_map["character"]
    return text.split("\n")


def _detection() -> dict[str, Any]:
    """Pre- and post-processing as PP-OCRv6's own inference.yml has them."""
    return {
        "PreProcess": {
            "transform_ops": [
                _DECODE,
                {"DetResizeForTest": {"resize_long": 960}},
                {
                    "NormalizeImage": {
                        "mean": [0.485, 0.456, 0.406],
                        "std": [0.229, 0.224, 0.225],
                        "order": "hwc",
                        "scale": "1./255.",
                    }
                },
                {"ToCHWImage": None},
                _KEEP,
            ]
        },
        "PostProcess": {
            "name": "DBPostProcess",
            "thresh": 0.3,
            "box_thresh": 0.6,
            "max_candidates": 1000,
            "unclip_ratio": 1.5,
        },
    }


def _recognition(dictionary: list[str]) -> dict[str, Any]:
    return {
        "PreProcess": {
            "transform_ops": [_DECODE, {"RecResizeImg": {"image_shape": [3, 48, 320]}}, _KEEP]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": dictionary},
    }
