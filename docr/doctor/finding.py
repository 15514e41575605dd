"""What a check found out."""

from dataclasses import dataclass
from typing import Literal

# good: as it should be; note: worth knowing; problem: something will not work.
Verdict = Literal["good", "note", "problem"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`about`: a word or two; `text`: a sentence without its full stop, and what to do next for
    what is not good."""

    verdict: Verdict
    about: str
    text: str


def good(about: str, text: str) -> Finding:
    """All is well with it."""
    return Finding(verdict="good", about=about, text=text)


def noted(about: str, text: str) -> Finding:
    """It may be meant so."""
    return Finding(verdict="note", about=about, text=text)


def problem(about: str, text: str) -> Finding:
    """It must be mended."""
    return Finding(verdict="problem", about=about, text=text)
