"""One engine, pages in several languages: models come when they are asked for, and go again."""

import io
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from contracts.errors import LanguageUnavailable
from ocr_node.engines import EngineSettings
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models
from ocr_node.engines.onnx_engine import OnnxEngine
from tests.documents import encoded, picture
from tests.ocr_node.engines.printed_lines import font_of

IMAGE = encoded(picture("Steel pipe 36 pieces\nTotal 1728.00"))


@pytest.fixture(scope="module")
def cache(model_cache: Path) -> Path:
    return model_cache


def text_in(engine: OnnxEngine, language: str) -> str:
    lines = engine.read(IMAGE, language=language, page_index=0).lines
    return "\n".join(line.text for line in sorted(lines, key=lambda line: line.polygon[0][1]))


@pytest.fixture(scope="module")
def model_dir(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of the install under the names of other scripts' models: they read Latin too."""
    bundled = bundled_models(cache)
    folder = tmp_path_factory.mktemp("models") / "own"
    shutil.copytree(bundled / DETECTION, folder / DETECTION, symlinks=True)
    for name in ("korean_PP-OCRv5_mobile_rec", "th_PP-OCRv5_mobile_rec"):
        shutil.copytree(bundled / RECOGNITION, folder / name, symlinks=True)
    return folder


def test_languages_take_turns_and_only_so_many_models_stay_in_memory(
    cache: Path, model_dir: Path
) -> None:
    engine = OnnxEngine(EngineSettings(cache_dir=cache, model_dir=model_dir))
    expected = "Steel pipe 36 pieces\nTotal 1728.00"
    for language in ("en", "korean", "german", "japan", "th", "en", "korean"):
        assert text_in(engine, language) == expected, language
        assert len(engine._readers) <= 3
    # All Latin languages share one; `japan` was asked for longest ago.
    assert [script for _, script in engine._readers] == ["thai", "latin", "korean"]


def test_letters_of_a_language_survive_the_cut_of_the_alphabet(cache: Path) -> None:
    engine = OnnxEngine(EngineSettings(cache_dir=cache))
    text = "Größe français żółć\nñandú 12,50 €"
    font = font_of(40)
    page = Image.new("L", (700, 220), 255)
    ImageDraw.Draw(page).multiline_text((40, 30), text, fill=0, font=font, spacing=30)
    image = encoded(page)
    lines = engine.read(image, language="german", page_index=0).lines
    read = "\n".join(line.text for line in sorted(lines, key=lambda line: line.polygon[0][1]))
    assert read == text


def test_chinese_and_japanese_have_the_whole_dictionary(cache: Path) -> None:
    engine = OnnxEngine(EngineSettings(cache_dir=cache))
    engine.read(IMAGE, language="ch", page_index=0)
    readers = {script: reader for (_, script), reader in engine._readers.items()}
    assert len(readers["han"].lines._characters) == 18_710
    assert 400 < len(readers["latin"].lines._characters) < 800


def test_a_language_without_model_costs_the_page_only(cache: Path) -> None:
    engine = OnnxEngine(EngineSettings(cache_dir=cache, offline=True))
    with pytest.raises(LanguageUnavailable, match=r"korean_PP-OCRv5_mobile_rec.*OCR_OFFLINE"):
        engine.read(IMAGE, language="korean", page_index=0)
    assert text_in(engine, "en").startswith("Steel pipe")


def test_an_image_in_any_mode_is_read(cache: Path) -> None:
    engine = OnnxEngine(EngineSettings(cache_dir=cache))
    page = picture("Total 1728.00")
    for mode in ("1", "L", "P", "RGBA", "CMYK"):
        out = io.BytesIO()
        page.convert(mode).save(out, format="TIFF")
        lines = engine.read(out.getvalue(), language="en", page_index=0).lines
        assert [line.text for line in lines] == ["Total 1728.00"], mode
