"""Text in Markdown: only what would mean something there gets a backslash.

Rules of CommonMark 0.31 and GitHub's extensions to it. What is printed as HTML, a link or an image
stays text: `<` becomes `&lt;` where a tag could begin.
"""

import re
from typing import Final

# Most lines have none of them.
_ANY_SPECIAL: Final = re.compile(r"[\\`*_~<&\]|\[]")
_BACKSLASH: Final = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)", re.MULTILINE)
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY: Final = re.compile(r"&(?=#?[A-Za-z0-9]+;)")
# The end of a link's text, or of the name of what a link means elsewhere.
_LINK: Final = re.compile(r"\](?=[(:])")
_TASK: Final = re.compile(r"^\[(?=[ xX]\](?:\s|$))")
_STAR: Final = re.compile(r"\*+")
_UNDERSCORE: Final = re.compile(r"_+")
_TILDE: Final = re.compile(r"~+")
# Where a line begins: headings, quotes, lists, rules, underlines of headings, table rules, fences.
# What is only a part of such a run may still end emphasis: the run is escaped as a whole.
_AT_START: Final = re.compile(
    r"^(?:#(?=#{0,5}(?:\s|$))|>|[-+*](?=\s|$)|([-=_*|:])\1*(?=[-=_*|:\s]*$)|~{3,}|`(?=``))"
)
_NUMBER_AT_START: Final = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_CLOSING_HASHES: Final = re.compile(r"(^|\s)(#+)$")


def in_line(text: str, *, in_emphasis: bool = False) -> str:
    """Where no line begins: in headings, cells. `in_emphasis`: between stars."""
    if not _ANY_SPECIAL.search(text):
        return text
    text = _BACKSLASH.sub(r"\\\\", text)
    if text.count("`") > 1:
        text = text.replace("`", "\\`")
    stars = text.replace("*", "\\*") if in_emphasis else _delimiters(_STAR, text, inside_words=True)
    text = _delimiters(_UNDERSCORE, stars, inside_words=False)
    text = _delimiters(_TILDE, text, inside_words=True)
    text = _ENTITY.sub("&amp;", text)
    text = _TAG.sub("&lt;", text)
    return _LINK.sub(r"\\]", text)


def paragraph(text: str, *, in_emphasis: bool = False) -> str:
    """Where lines begin: in paragraphs, items of lists. A line break becomes a hard one.
    `in_emphasis`: between stars."""
    first, *others = in_line(text, in_emphasis=in_emphasis).split("\n")
    # Between stars it is the star that begins the line.
    return "  \n".join([first if in_emphasis else _line(first), *map(_line, others)])


def _line(text: str) -> str:
    text = _AT_START.sub(lambda found: "".join(f"\\{each}" for each in found[0]), text)
    text = _NUMBER_AT_START.sub(r"\1\\\2", text)
    return _TASK.sub(r"\\[", text)


def heading(text: str) -> str:
    """Behind the signs of a heading."""
    return _CLOSING_HASHES.sub(r"\1\\\2", in_line(text))


def cell(text: str) -> str:
    """In a table."""
    return in_line(text).replace("|", "\\|")


def _delimiters(sign: re.Pattern[str], text: str, *, inside_words: bool) -> str:
    """Escapes runs of a sign that could begin or end emphasis, unless there is only one."""
    runs = [run for run in sign.finditer(text) if _may_delimit(text, run, inside_words)]
    if len(runs) < 2:
        return text
    at = 0
    pieces: list[str] = []
    for run in runs:
        pieces += [text[at : run.start()], "".join(f"\\{each}" for each in run[0])]
        at = run.end()
    return "".join([*pieces, text[at:]])


def _may_delimit(text: str, run: re.Match[str], inside_words: bool) -> bool:
    before, after = (
        text[run.start() - 1 : run.start()] or " ",
        text[run.end() : run.end() + 1] or " ",
    )
    if before.isspace() and after.isspace():
        return False
    return inside_words or not (before.isalnum() and after.isalnum())
