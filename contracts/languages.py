"""Which languages can be asked for, and which nodes can read them.

Names are PaddleOCR's. Pages are routed by script, not by language: all languages of one script are
read by the same weights, so a node that reads one of them reads them all.
"""

from collections.abc import Iterable
from typing import Final, Literal

from contracts.errors import InvalidOption

Script = Literal[
    "latin",
    "han",
    "korean",
    "eslav",
    "cyrillic",
    "arabic",
    "devanagari",
    "tamil",
    "telugu",
    "kannada",
    "thai",
    "greek",
]

# As PaddleOCR 3.7 groups them (paddleocr/_utils/langs.py). All letters of these stand in the
# PP-OCRv6 recognition dictionary (18,708 entries), which the default install carries.
_LATIN: Final = (
    "en", "fr", "french", "de", "german", "es", "it", "pt", "nl", "da", "sv", "no", "is", "fi",
    "et", "lt", "lv", "pl", "cs", "sk", "sl", "hr", "bs", "rs_latin", "hu", "ro", "sq", "tr", "az",
    "ga", "cy", "mt", "la", "oc", "mi", "ms", "id", "tl", "sw", "uz", "ku", "af", "eu", "gl", "ca",
    "lb", "rm", "qu", "latin",
)  # fmt: skip
_HAN: Final = ("ch", "chinese_cht", "japan")
_EAST_SLAVIC: Final = ("ru", "be", "uk", "eslav")
_CYRILLIC: Final = (
    "bg", "mk", "rs_cyrillic", "mn", "kk", "ky", "tg", "tt", "ba", "cv", "mhr", "udm", "kv", "os",
    "mo", "bua", "xal", "tyv", "sah", "kaa", "abq", "ady", "kbd", "ava", "dar", "inh", "che", "lbe",
    "lez", "tab", "cyrillic",
)  # fmt: skip
_ARABIC: Final = ("ar", "fa", "ur", "ug", "ps", "sd", "bal", "arabic")
_DEVANAGARI: Final = (
    "hi", "mr", "ne", "sa", "bh", "mai", "ang", "bho", "mah", "sck", "new", "gom", "bgc",
    "devanagari",
)  # fmt: skip

LANGUAGES: Final[dict[str, Script]] = {
    **dict.fromkeys(_LATIN, "latin"),
    **dict.fromkeys(_HAN, "han"),
    "korean": "korean",
    **dict.fromkeys(_EAST_SLAVIC, "eslav"),
    **dict.fromkeys(_CYRILLIC, "cyrillic"),
    **dict.fromkeys(_ARABIC, "arabic"),
    **dict.fromkeys(_DEVANAGARI, "devanagari"),
    "ta": "tamil",
    "te": "telugu",
    "ka": "kannada",
    "th": "thai",
    "el": "greek",
}
SCRIPTS: Final[tuple[Script, ...]] = (
    "latin", "han", "korean", "eslav", "cyrillic", "arabic", "devanagari", "tamil", "telugu",
    "kannada", "thai", "greek",
)  # fmt: skip
# The scripts that the weights of the install read.
BUNDLED_SCRIPTS: Final[tuple[Script, ...]] = ("latin", "han")

# PaddleOCR takes these names, and gives text that lacks what its dictionaries lack.
_BEYOND_EVERY_MODEL: Final = {
    "vi": "the tone marks of Vietnamese",
    "pi": "the dotted letters of Pali",
}


def script_of(language: str) -> Script:
    """The script of a language by PaddleOCR's name.

    Raises: InvalidOption, which lists the languages that there are.
    """
    try:
        return LANGUAGES[language]
    except KeyError:
        missing = _BEYOND_EVERY_MODEL.get(language)
        what = (
            f"is not known ({missing} stand in no model of PaddleOCR)"
            if missing
            else "is not known"
        )
        raise InvalidOption(
            # Over a hundred: commas would make the sentence a quarter longer.
            f"language {language[:80]!r} {what}; choose one of: {' '.join(sorted(LANGUAGES))}"
        ) from None


def scripts_of(languages: Iterable[str]) -> tuple[Script, ...]:
    """The scripts of languages, each once, in the order of SCRIPTS; names that this release does
    not know are left out."""
    found = {LANGUAGES[language] for language in languages if language in LANGUAGES}
    return tuple(script for script in SCRIPTS if script in found)


def languages_of(scripts: Iterable[Script]) -> tuple[str, ...]:
    """All languages of some scripts, by name."""
    wanted = set(scripts)
    return tuple(sorted(name for name, script in LANGUAGES.items() if script in wanted))
