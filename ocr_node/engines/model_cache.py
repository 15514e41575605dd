"""PaddleOCR's recognition models by script, and where its own download keeps them.

PaddleX 3.7 keeps the official models in ~/.paddlex/official_models (PADDLE_PDX_CACHE_HOME moves
it), one folder a model: NAME in Paddle format, NAME_onnx for ONNX Runtime.
"""

import os
from pathlib import Path
from typing import Final

from contracts.languages import Script
from ocr_node.engines.bundled_models import RECOGNITION

# As PaddleOCR 3.7 chooses by `lang` (PaddleOCR._get_ocr_model_names), in the size of the install.
MODELS: Final[dict[Script, str]] = {
    "latin": RECOGNITION,
    "han": RECOGNITION,
    "korean": "korean_PP-OCRv5_mobile_rec",
    "eslav": "eslav_PP-OCRv5_mobile_rec",
    "cyrillic": "cyrillic_PP-OCRv5_mobile_rec",
    "arabic": "arabic_PP-OCRv5_mobile_rec",
    "devanagari": "devanagari_PP-OCRv5_mobile_rec",
    "tamil": "ta_PP-OCRv5_mobile_rec",
    "telugu": "te_PP-OCRv5_mobile_rec",
    "kannada": "ka_PP-OCRv3_mobile_rec",
    "thai": "th_PP-OCRv5_mobile_rec",
    "greek": "el_PP-OCRv5_mobile_rec",
}
# What tells a whole model, by engine; beside it stands inference.yml.
WEIGHTS: Final = {"onnxruntime": "inference.onnx", "paddle": "inference.pdiparams"}
_ENDINGS: Final = {"onnxruntime": "_onnx", "paddle": ""}


def is_whole(model: Path, engine: str) -> bool:
    """Whether the folder `model` holds a model of the kind that `engine` reads."""
    return (model / WEIGHTS[engine]).is_file() and (model / "inference.yml").is_file()


def downloaded_model(name: str, engine: str) -> Path | None:
    """The folder in which PaddleOCR's download keeps the model `name`, None if it is not there."""
    home = os.environ.get("PADDLE_PDX_CACHE_HOME")
    cache = Path(home) if home else Path("~/.paddlex").expanduser()
    model = cache / "official_models" / f"{name}{_ENDINGS[engine]}"
    return model if is_whole(model, engine) else None
