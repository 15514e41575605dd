"""Which documents a command line means, and what their outputs are called."""

import glob
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# What is taken out of a folder. A file that is named on its own is taken whatever it is called.
SUFFIXES: Final = frozenset(
    {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"}
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A document, and where below the output folder its outputs go, without an ending."""

    path: Path
    output: Path


@dataclass(frozen=True, kw_only=True)
class Search:
    """What was found, and a sentence for each thing that was not."""

    documents: tuple[Found, ...]
    problems: tuple[str, ...]


def find_documents(patterns: Iterable[str]) -> Search:
    """Files, folders (with all below them) and glob patterns, each document once, in order."""
    found: dict[Path, Path] = {}  # resolved path -> path below the output folder
    problems: list[str] = []
    for pattern in patterns:
        path = Path(pattern).expanduser()
        if path.is_dir():
            inside = _below(path)
            if not inside:
                problems.append(
                    f"{pattern}: no documents in this folder; "
                    f"expected files ending in {', '.join(sorted(SUFFIXES))}"
                )
            for each in inside:
                found.setdefault(each.resolve(), each.relative_to(path))
        elif path.exists():
            found.setdefault(path.resolve(), Path(path.name))
        elif matches := sorted(glob.glob(str(path), recursive=True)):  # noqa: PTH207 - ** and home
            for match in map(Path, matches):
                if match.is_file():
                    found.setdefault(match.resolve(), Path(match.name))
        else:
            problems.append(f"{pattern}: no such file or folder; check the path")
    return Search(documents=tuple(_with_outputs(found)), problems=tuple(problems))


def _below(folder: Path) -> Sequence[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _with_outputs(found: dict[Path, Path]) -> Iterable[Found]:
    """Names of outputs: the document's without its ending, where that is no other's too."""
    # Some file systems take A and a for the same.
    stems = Counter(str(place.with_suffix("")).lower() for place in found.values())
    taken: set[str] = set()
    for path, place in found.items():
        plain = place.with_suffix("")
        output = plain if stems[str(plain).lower()] == 1 else place
        number = 2
        while str(output).lower() in taken:
            output = place.with_name(f"{place.name}-{number}")
            number += 1
        taken.add(str(output).lower())
        yield Found(path=path, output=output)
