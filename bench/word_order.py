"""How far words that were read stand in their true order."""

import re
from collections import Counter
from typing import Final

_WORDS: Final = re.compile(r"[^\W_]+")


def word_order(read: str, true: str) -> tuple[float, float]:
    """(order, common), both 0..1.

    common: how many of the true words were read at all; order: of those, how many stand in one
    sequence that both texts have (their longest common subsequence). 1.0, 0.0 if none is common.
    """
    ours, theirs = _words(read), _words(true)
    shared = Counter(ours) & Counter(theirs)
    if not shared:
        return 1.0, 0.0
    # What only one of them has says nothing about order.
    ours = [word for word in ours if word in shared]
    theirs = [word for word in theirs if word in shared]
    common = shared.total()
    return min(_longest_common(ours, theirs) / common, 1.0), common / max(len(_words(true)), 1)


def _words(text: str) -> list[str]:
    # A word that was divided at the end of a line counts as one, on both sides.
    return _WORDS.findall(re.sub(r"[-\u00ad\ufffe\uffff\u2010]\s*\n\s*", "", text).casefold())


def _longest_common(one: list[str], other: list[str]) -> int:
    """Length of the longest common subsequence; len(one) * len(other) steps."""
    before = [0] * (len(other) + 1)
    for word in one:
        now = [0]
        for index, candidate in enumerate(other):
            now.append(
                before[index] + 1 if word == candidate else max(before[index + 1], now[index])
            )
        before = now
    return before[-1]
