"""What the members of a ZIP are called, as people may see it; and in which order they come."""

import re
import unicodedata
import zipfile
from typing import Final

# Five thousand of them have to fit into one message, twice.
_MOST_CHARS: Final = 100
# Control, format (bidi marks among them), surrogate, private, unassigned; line and paragraph ends.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DRIVE: Final = re.compile(r"^[A-Za-z]:")
_DIGITS: Final = re.compile(r"(\d+)")
# What systems put beside the files that somebody chose.
_BY_SYSTEMS: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db"})
_BY_MACOS: Final = "__macosx"
_NAME_IS_UTF_8: Final = 0x800  # of a member's flags


def told_name(info: zipfile.ZipInfo) -> str:
    """The name as who packed it wrote it. Many programs write UTF-8 and do not say so; what zipfile
    takes for code page 437 then is hardly ever UTF-8 by chance."""
    if info.flag_bits & _NAME_IS_UTF_8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def shown_name(name: str, *, otherwise: str) -> str:
    """A name for people: no path, nothing that a terminal or a page would obey, not too long."""
    seen = "".join(each for each in name if unicodedata.category(each) not in _UNSEEN)
    parts = [part.strip() for part in _DRIVE.sub("", seen).replace("\\", "/").split("/")]
    clean = "/".join(part for part in parts if part not in {"", ".", ".."})
    if len(clean) > _MOST_CHARS:
        # The end tells more: it has the number and the ending.
        clean = f"…{clean[1 - _MOST_CHARS :]}"
    return clean or otherwise


def is_document(name: str) -> bool:
    """Whether a member is one that somebody chose: no folder, and nothing that systems add."""
    *folders, last = re.split(r"[/\\]", name)
    return not (
        last == ""
        or last.lower() in _BY_SYSTEMS
        or last.startswith("._")
        or any(folder.lower() == _BY_MACOS for folder in folders)
    )


def natural_order(name: str) -> tuple[object, ...]:
    """A key by which page2 comes before page10, and what is in a folder stays together."""
    parts = re.split(r"[/\\]", unicodedata.normalize("NFKC", name).casefold())
    return (
        *(
            tuple(
                (0, int(piece), "") if number % 2 else (1, 0, piece)
                for number, piece in enumerate(_DIGITS.split(part))
                if piece
            )
            for part in parts
        ),
    )
