"""What the outputs of documents are called."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# File systems take names of 255 bytes; an ending of 5 is added to these.
_MAX_BYTES: Final = 240
_HASH_CHARS: Final = 8


@dataclass(frozen=True, kw_only=True)
class Found:
    """A document, and where below the output folder its outputs go, without an ending."""

    path: Path
    output: Path


def with_outputs(places: Mapping[Path, Path]) -> Iterable[Found]:
    """`places`: documents, and where below the output folder they belong. The output of one is
    called as it is, without its ending where that is no other's name too."""
    # Some file systems take A and a for the same.
    stems = Counter(str(_without_ending(place)).lower() for place in places.values())
    taken: set[str] = set()
    for path, place in places.items():
        plain = _without_ending(place)
        output = _short(plain if stems[str(plain).lower()] == 1 else place)
        number = 2
        while str(output).lower() in taken:
            output = _short(place.with_name(f"{place.name}-{number}"))
            number += 1
        taken.add(str(output).lower())
        yield Found(path=path, output=output)


def _without_ending(place: Path) -> Path:
    # "..pdf" without its ending would be the folder itself.
    return place if place.stem.strip(".") == "" else place.with_suffix("")


def _short(output: Path) -> Path:
    """The output with a name that leaves room for an ending; a hash stands for what is cut off."""
    name = os.fsencode(output.name)
    if len(name) <= _MAX_BYTES:
        return output
    mark = hashlib.sha256(name).hexdigest()[:_HASH_CHARS]
    # Whole characters, as far as there are any.
    head = name[: _MAX_BYTES - _HASH_CHARS - 1].decode(errors="ignore")
    return output.with_name(f"{head}-{mark}")
