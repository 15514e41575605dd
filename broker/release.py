"""Which release this is, as services tell it to the broker and to users."""

import importlib.metadata
import re
from typing import Final

_DISTRIBUTION: Final = "distributed-ocr"
_THREE_NUMBERS: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}", re.ASCII)


def release() -> str:
    """This release as MAJOR.MINOR.PATCH, which is all that NATS takes; 0.0.0 if it is not known."""
    try:
        found = _THREE_NUMBERS.match(importlib.metadata.version(_DISTRIBUTION))
    except importlib.metadata.PackageNotFoundError:
        return "0.0.0"
    return found[0] if found else "0.0.0"
