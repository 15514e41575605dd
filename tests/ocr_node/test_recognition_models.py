"""Which model reads which language, by what lies in which folder."""

from pathlib import Path

import pytest

from contracts.errors import EngineUnavailable, InvalidOption, LanguageUnavailable
from contracts.languages import BUNDLED_SCRIPTS, LANGUAGES, SCRIPTS, languages_of, scripts_of
from ocr_node.engines import EngineName, EngineSettings
from ocr_node.engines.bundled_models import bundled_models
from ocr_node.engines.model_cache import MODELS
from ocr_node.engines.recognition_models import (
    detection_model,
    recognition_model,
    served_languages,
)

KOREAN = MODELS["korean"]


@pytest.fixture(autouse=True)
def cache_of_paddleocr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty one, in the place of this user's."""
    monkeypatch.setenv("PADDLE_PDX_CACHE_HOME", str(tmp_path / "paddlex"))
    return tmp_path / "paddlex/official_models"


def settings(
    folder: Path,
    *,
    name: EngineName = "onnxruntime",
    model_dir: Path | None = None,
    languages: tuple[str, ...] = (),
) -> EngineSettings:
    return EngineSettings(
        name=name, cache_dir=folder / "cache", model_dir=model_dir, languages=languages
    )


def put(models: Path, *names: str, weights: str = "inference.onnx") -> None:
    for name in names:
        (models / name).mkdir(parents=True)
        (models / name / weights).touch()
        (models / name / "inference.yml").touch()


def test_the_weights_of_the_install_read_latin_letters_chinese_and_japanese(
    tmp_path: Path,
) -> None:
    at_hand = settings(tmp_path)
    models = bundled_models(at_hand.cache_dir)
    for language in ("en", "fr", "german", "fi", "ch", "japan"):
        assert recognition_model(language, at_hand) == models / "PP-OCRv6_small_rec"
    assert detection_model(at_hand) == models / "PP-OCRv6_small_det"
    assert served_languages(at_hand) == languages_of(BUNDLED_SCRIPTS)


@pytest.mark.parametrize("script", [each for each in SCRIPTS if each not in BUNDLED_SCRIPTS])
def test_a_language_without_its_model_says_which_file_belongs_where(
    tmp_path: Path, script: str
) -> None:
    for language in (each for each, of in LANGUAGES.items() if of == script):
        with pytest.raises(LanguageUnavailable) as refused:
            recognition_model(language, settings(tmp_path))
        said = str(refused.value)
        assert f"needs the model {MODELS[LANGUAGES[language]]}, which is not on this" in said
        assert "put its inference.onnx and inference.yml into a folder" in said
        assert "OCR_MODEL_DIR" in said
    own = tmp_path / "own"
    put(own, "x_rec")
    with pytest.raises(LanguageUnavailable, match=f"into the folder {own}/{KOREAN}$"):
        recognition_model("korean", settings(tmp_path, model_dir=own))


def test_a_model_in_ocr_model_dir_adds_its_script_to_those_of_the_install(tmp_path: Path) -> None:
    own = tmp_path / "own"
    put(own, KOREAN, "arabic_PP-OCRv5_mobile_rec_onnx")
    (own / MODELS["greek"]).mkdir()  # without files: as good as not there
    here = settings(tmp_path, model_dir=own)
    assert recognition_model("korean", here) == own / KOREAN
    assert recognition_model("fa", here) == own / "arabic_PP-OCRv5_mobile_rec_onnx"
    assert recognition_model("en", here).parent == bundled_models(here.cache_dir)
    assert detection_model(here).parent == bundled_models(here.cache_dir)
    assert scripts_of(served_languages(here)) == ("latin", "han", "korean", "arabic")


def test_what_paddleocr_has_downloaded_is_used(tmp_path: Path, cache_of_paddleocr: Path) -> None:
    here = settings(tmp_path)
    with pytest.raises(LanguageUnavailable):
        recognition_model("korean", here)
    put(cache_of_paddleocr, f"{KOREAN}_onnx")
    put(cache_of_paddleocr, KOREAN, weights="inference.pdiparams")
    assert recognition_model("korean", here) == cache_of_paddleocr / f"{KOREAN}_onnx"
    paddle = settings(tmp_path, name="paddle")
    assert recognition_model("korean", paddle) == cache_of_paddleocr / KOREAN
    assert served_languages(paddle) == ("korean",)


def test_a_folder_named_after_no_script_reads_what_the_install_would(tmp_path: Path) -> None:
    own = tmp_path / "own"
    put(own, "x_det", "mine_rec", KOREAN)
    here = settings(tmp_path, model_dir=own)
    assert recognition_model("de", here) == recognition_model("ch", here) == own / "mine_rec"
    assert recognition_model("korean", here) == own / KOREAN
    assert detection_model(here) == own / "x_det"
    put(own, "latin_PP-OCRv5_mobile_rec")
    fresh = settings(tmp_path / "fresh", model_dir=own)
    assert recognition_model("de", fresh) == own / "latin_PP-OCRv5_mobile_rec"
    assert recognition_model("ch", fresh) == own / "mine_rec"


def test_of_two_for_one_script_the_one_that_paddleocr_names_is_taken(tmp_path: Path) -> None:
    own = tmp_path / "own"
    put(own, KOREAN, "korean_mine_rec", "PP-OCRv6_small_rec", "PP-OCRv6_tiny_rec")
    here = settings(tmp_path, model_dir=own)
    assert recognition_model("korean", here) == own / KOREAN
    assert recognition_model("ch", here) == own / "PP-OCRv6_small_rec"


@pytest.mark.parametrize("names", [(), ("a_rec", "b_rec"), ("korean_a_rec", "korean_b_rec")])
def test_a_folder_from_which_no_model_can_be_told_is_refused_in_words(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    put(tmp_path / "own", "x_det", *names)
    here = settings(tmp_path, model_dir=tmp_path / "own")
    for ask in (served_languages, lambda each: recognition_model("en", each)):
        with pytest.raises(EngineUnavailable, match=r"must hold exactly one folder \*_rec"):
            ask(here)


def test_languages_that_are_asked_for_narrow_what_is_served(tmp_path: Path) -> None:
    assert served_languages(settings(tmp_path, languages=("ch",))) == languages_of(["han"])
    assert served_languages(settings(tmp_path, languages=("korean",))) == ()
    echo = settings(tmp_path, name="echo")
    assert served_languages(echo) == languages_of(BUNDLED_SCRIPTS)
    assert served_languages(settings(tmp_path, name="echo", languages=("ru",))) == (
        "be", "eslav", "ru", "uk",
    )  # fmt: skip


def test_asking_for_every_page_costs_next_to_nothing(tmp_path: Path) -> None:
    here = settings(tmp_path)
    found = recognition_model("en", here)
    for file in found.iterdir():
        file.unlink()
    found.rmdir()
    assert recognition_model("de", here) == found  # nothing is looked at again


def test_the_table_of_languages_in_the_docs_is_true() -> None:
    text = (Path(__file__).parents[2] / "docs/languages.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    table = {row[0].strip(" `"): row for row in rows}
    assert tuple(table) == SCRIPTS
    for script in SCRIPTS:
        _, languages, model, where = (cell.strip() for cell in table[script])
        assert languages == ", ".join(f"`{each}`" for each in languages_of([script]))
        assert model == f"`{MODELS[script]}`"
        assert ("comes with the install" in where) == (script in BUNDLED_SCRIPTS)


def test_vietnamese_and_pali_are_refused_with_the_reason(tmp_path: Path) -> None:
    for language in ("vi", "pi"):
        with pytest.raises(InvalidOption, match="stand in no model of PaddleOCR"):
            recognition_model(language, settings(tmp_path))
