"""That the weights of the install have the letters of the languages that they are said to read."""

from pathlib import Path

import pytest
import yaml

from contracts.languages import BUNDLED_SCRIPTS, languages_of
from ocr_node.engines.bundled_models import RECOGNITION, bundled_models

# Letters beside a to z, in small; of each language those of its everyday spelling.
_SPELT = """
af áèéêëîïôöúûý; az çəğıöşü; bs čćđšž; ca àçèéíïòóúü·; cs áčďéěíňóřšťúůýž;
cy âêîôûŵŷ; da åæø; de äöüß; en; es áéíñóúü¿; et äõöüšž; eu ñç; fi äöåšž;
fr àâæçèéêëîïôœùûüÿ; ga áéíóú; gl áéíïñóúü; hr čćđšž; hu áéíóöőúüű; id;
is áæðéíóöúýþ; it àèéìíîòóùú; ku çêîşû; la āēīōūȳ; lb äëéü; lt ąčęėįšųūž;
lv āčēģīķļņšūž; mi āēīōū; ms; mt àċèġħìòùż; nl áéëïíóöúüĳ; no åæø;
oc àáçèéíïóòúü·; pl ąćęłńóśźż; pt àáâãçéêíóôõúü; qu ñ; rm àèéìòù; ro ăâîșțşţ;
rs_latin čćđšž; sk áäčďéíĺľňóôŕšťúýž; sl čšž; sq çë; sv äåö; sw; tl ñ;
tr çğıİöşü; uz '; ch 的一是不了人我在有他国; chinese_cht 國學會灣臺門龍龜;
japan あアぱパんンヴ々国学
"""
ALPHABETS = {
    name: letters.strip()
    for name, _, letters in (entry.strip().partition(" ") for entry in _SPELT.split(";"))
}
OTHER_NAMES = {"french", "german", "latin"}
# Of scripts and languages that need another model; Greek lacks its accents and the final sigma.
MISSING = {
    "vi": "ạảấ", "pi": "ṃṅṭḍṇḷ", "el": "άέήίόύώς", "ru": "бгд", "korean": "가나다", "ar": "ابت",
    "hi": "कखग", "th": "กขค", "ta": "கஙச", "te": "కఖగ", "ka": "ಕಖಗ",
}  # fmt: skip


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    models: Path = bundled_models(tmp_path_factory.mktemp("models"))
    text = (models / RECOGNITION / "inference.yml").read_text(encoding="utf-8")
    characters = yaml.safe_load(text)
    return set(characters["PostProcess"]["character_dict"])


def test_every_language_that_needs_no_other_model_has_all_its_letters(dictionary: set[str]) -> None:
    assert ALPHABETS.keys() | OTHER_NAMES == set(languages_of(BUNDLED_SCRIPTS))
    for language, letters in ALPHABETS.items():
        lacking = set(letters) - dictionary
        assert not lacking, (language, lacking)
    assert set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") <= dictionary


@pytest.mark.parametrize("language", MISSING)
def test_languages_that_need_another_model_lack_letters(
    dictionary: set[str], language: str
) -> None:
    assert not set(MISSING[language]) & dictionary
