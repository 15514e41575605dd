"""What a line of a job's JSON Lines tells of its page."""

import json
from typing import Any, Final

_LINES: Final = b', "lines": ['
# A word below this is worth a look; the page's scripts have the same bound.
DOUBTFUL_BELOW: Final = 0.8


def head_of(line: bytes) -> dict[str, Any]:
    """The fields of a page up to its lines: number, status, text, confidence, size. A dense page is
    100 KB, nearly all of it polygons. Raises: ValueError for what is no page."""
    # Quotes within a JSON string are escaped: no document can write this mark.
    end = line.find(_LINES)
    return dict(json.loads(line if end < 0 else line[:end] + b"}"))


def entry_of(line: bytes) -> list[Any]:
    """The page in a list of all pages: [number, status, source, confidence, words, doubtful words,
    document]. Raises: ValueError, LookupError for what is no page."""
    page = json.loads(line)
    # Of a line whose words are not known, its own confidence.
    found = [each for row in page["lines"] for each in (row["words"] or (row,))]
    return [
        page["page_number"],
        page["status"],
        page["source"],
        page["confidence"],
        len(found),
        sum(each["confidence"] < DOUBTFUL_BELOW for each in found),
        page.get("document"),
    ]
