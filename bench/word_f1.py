"""How close a text is to the truth, in words."""

import re
from collections import Counter


def words_of(text: str) -> Counter[str]:
    """The runs of letters and digits in lower case, as a multiset."""
    return Counter(re.findall(r"[a-z0-9]+", text.lower()))


def word_f1(read: str, true: str) -> float:
    """F1 of the two multisets of words, 0..1; two empty texts agree."""
    one, other = words_of(read), words_of(true)
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0
