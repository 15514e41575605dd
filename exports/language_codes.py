"""Our names of languages (PaddleOCR's) in the codes and names of other tools."""

from dataclasses import dataclass
from typing import Final

from contracts.languages import LANGUAGES, Script

# Names that are no ISO 639 code, or that of another language: `ka` is Georgian, `ang` Old English,
# `mah` Marshallese elsewhere. What stands for all of a script has no code.
_TAGS: Final[dict[str, str | None]] = {
    "french": "fr", "german": "de", "rs_latin": "sr-Latn", "rs_cyrillic": "sr-Cyrl",
    "ch": "zh-Hans", "chinese_cht": "zh-Hant", "japan": "ja", "korean": "ko", "ka": "kn",
    "ang": "anp", "mah": "mag", "ava": "av", "che": "ce", "mo": "ro-Cyrl", "bh": "bih",
    "latin": None, "eslav": None, "cyrillic": None, "arabic": None, "devanagari": None,
}  # fmt: skip
# By the first part of the tag; the names are those of the PAGE schema of 2019-07-15, which has no
# others. A language that is not here has none there.
_PAGE_NAMES: Final = {
    "af": "Afrikaans", "ar": "Arabic", "av": "Avaric", "az": "Azerbaijani", "ba": "Bashkir",
    "be": "Belarusian", "bg": "Bulgarian", "bih": "Bihari", "bs": "Bosnian", "ca": "Catalan",
    "ce": "Chechen", "cs": "Czech", "cv": "Chuvash", "cy": "Welsh", "da": "Danish", "de": "German",
    "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque",
    "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish", "gl": "Galician",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "kk": "Kazakh", "kn": "Kannada", "ko": "Korean",
    "ku": "Kurdish", "kv": "Komi", "ky": "Kyrgyz", "la": "Latin", "lb": "Luxembourgish",
    "lt": "Lithuanian", "lv": "Latvian", "mi": "Māori", "mk": "Macedonian", "mn": "Mongolian",
    "mr": "Marathi", "ms": "Malay", "mt": "Maltese", "ne": "Nepali", "nl": "Dutch",
    "no": "Norwegian", "oc": "Occitan", "os": "Ossetian", "pl": "Polish", "ps": "Pashto",
    "pt": "Portuguese", "qu": "Quechua", "rm": "Romansh", "ro": "Romanian", "ru": "Russian",
    "sa": "Sanskrit", "sd": "Sindhi", "sk": "Slovak", "sl": "Slovene", "sq": "Albanian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu",
    "tg": "Tajik", "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "tt": "Tatar", "ug": "Uighur",
    "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "zh": "Chinese",
}  # fmt: skip
_SCRIPTS: Final[dict[Script, tuple[str, str]]] = {
    "latin": ("Latn", "Latn - Latin"),
    "han": ("Hani", "Hani - Han (Hanzi, Kanji, Hanja)"),
    "korean": ("Kore", "Kore - Korean (alias for Hangul + Han)"),
    "eslav": ("Cyrl", "Cyrl - Cyrillic"),
    "cyrillic": ("Cyrl", "Cyrl - Cyrillic"),
    "arabic": ("Arab", "Arab - Arabic"),
    "devanagari": ("Deva", "Deva - Devanagari (Nagari)"),
    "tamil": ("Taml", "Taml - Tamil"),
    "telugu": ("Telu", "Telu - Telugu"),
    "kannada": ("Knda", "Knda - Kannada"),
    "thai": ("Thai", "Thai - Thai"),
    "greek": ("Grek", "Grek - Greek"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageCodes:
    """A language as others write it; None where they have no word for it."""

    tag: str | None  # BCP 47, for `lang`: de, sr-Latn
    iso639: str | None  # two letters where there are two: de, sr
    iso15924: str | None  # Latn
    page_name: str | None  # German
    page_script: str | None  # Latn - Latin


_UNKNOWN: Final = LanguageCodes(
    tag=None, iso639=None, iso15924=None, page_name=None, page_script=None
)


def codes_of(language: str) -> LanguageCodes:
    """The codes of a language by our name; all None for a name that this release does not know."""
    if language not in LANGUAGES:
        return _UNKNOWN
    tag = _TAGS.get(language, language)
    iso639 = tag.partition("-")[0] if tag else None
    iso15924, page_script = _SCRIPTS[LANGUAGES[language]]
    return LanguageCodes(
        tag=tag,
        iso639=iso639,
        iso15924=iso15924,
        page_name=_PAGE_NAMES.get(iso639) if iso639 else None,
        page_script=page_script,
    )
