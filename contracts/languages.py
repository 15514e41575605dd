"""Which languages can be asked for, and which nodes can read them.

Names are PaddleOCR's. Pages are routed by script, not by language: all languages of one script are
read by the same weights, so a node that reads one of them reads them all.
"""

from typing import Final, Literal

from contracts.errors import InvalidOption

Script = Literal["latin", "han"]

# The languages whose letters all stand in the PP-OCRv6 recognition dictionary (18,708 entries),
# which the default install carries. Vietnamese is missing on purpose: its tone marks are not there.
_LATIN: Final = (
    "en", "fr", "french", "de", "german", "es", "it", "pt", "nl", "da", "sv", "no", "is", "et",
    "lt", "lv", "pl", "cs", "sk", "sl", "hr", "bs", "rs_latin", "hu", "ro", "sq", "tr", "az",
    "ga", "cy", "mt", "la", "oc", "mi", "ms", "id", "tl", "sw", "uz", "ku", "af", "pi",
)  # fmt: skip
_HAN: Final = ("ch", "chinese_cht", "japan")

LANGUAGES: Final[dict[str, Script]] = {
    **dict.fromkeys(_LATIN, "latin"),
    **dict.fromkeys(_HAN, "han"),
}
SCRIPTS: Final[tuple[Script, ...]] = ("latin", "han")


def script_of(language: str) -> Script:
    """The script of a language by PaddleOCR's name.

    Raises: InvalidOption, which lists the languages that can be read.
    """
    try:
        return LANGUAGES[language]
    except KeyError:
        raise InvalidOption(
            f"language {language[:80]!r} is not known; "
            f"choose one of: {', '.join(sorted(LANGUAGES))}"
        ) from None
