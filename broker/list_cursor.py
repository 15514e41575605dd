"""Where a list of jobs goes on: a text that a user sends back as it came."""

import re
from dataclasses import dataclass
from typing import Final, Self

from contracts.errors import InvalidOption

PATTERN: Final = "open-[0-9]{1,18}-[A-Za-z0-9_-]{1,64}|ended-[0-9]{1,18}(-[0-9]{1,18})?"
_CURSOR: Final = re.compile(PATTERN, re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ListCursor:
    """`began`: the place in stream SUMMARY behind all that had ended when the list began; None for
    a cursor of a release that did not say so. The list goes on either with jobs that went on then,
    of ids below `below`, or with those that had ended, of places before `before`."""

    began: int | None
    below: str | None = None
    before: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises: InvalidOption for what is no cursor of ours."""
        if _CURSOR.fullmatch(text) is None:
            raise InvalidOption("the cursor is none of ours; leave it out to begin anew")
        kind, first, *rest = text.split("-", 2)
        if kind == "open":
            return cls(began=int(first), below=rest[0])
        if rest:
            return cls(began=int(first), before=int(rest[0]))
        return cls(began=None, before=int(first))

    def __str__(self) -> str:
        if self.below is not None:
            return f"open-{self.began}-{self.below}"
        began = "" if self.began is None else f"{self.began}-"
        return f"ended-{began}{self.before}"
