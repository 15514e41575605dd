"""Which documents a command line means."""

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from docr.output_names import Found, with_outputs

# What is taken out of a folder. A file that is named on its own is taken whatever it is called.
SUFFIXES: Final = frozenset({
    ".pdf", ".zip", ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".tif", ".tiff",
    ".webp", ".bmp", ".dib", ".gif", ".pbm", ".pgm", ".ppm", ".pnm", ".jp2", ".j2k", ".j2c", ".jpc",
    ".jpf", ".jpx", ".avif", ".heic", ".heif", ".hif",
})  # fmt: skip
_EXPECTED: Final = f"expected files ending in {', '.join(sorted(SUFFIXES))}"


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
        try:
            places = _meant_by(pattern)
        except _LeadsNowhere as nowhere:
            problems.append(f"{pattern or chr(39) * 2}: {nowhere}")
        except OSError as wrong:
            problems.append(f"{pattern}: {wrong.strerror}; check the path and its permissions")
        else:
            for path, place in places:
                found.setdefault(path.resolve(), place)
    return Search(documents=tuple(with_outputs(found)), problems=tuple(problems))


class _LeadsNowhere(Exception):
    """No document is at the end of a path; the text says why."""


def _meant_by(pattern: str) -> Sequence[tuple[Path, Path]]:
    """Documents, and where below the output folder they belong. Raises: _LeadsNowhere, OSError."""
    if not pattern:
        raise _LeadsNowhere("the path is empty; name a file, a folder or a pattern")
    try:
        path = Path(pattern).expanduser()
    except RuntimeError:
        raise _LeadsNowhere("there is no such user; check the name after the ~") from None
    if path.is_dir():
        if inside := _below(path):
            return inside
        raise _LeadsNowhere(f"no documents in this folder; {_EXPECTED}")
    if path.is_file():
        return [(path, Path(path.name))]
    if path.exists():
        # A pipe may never end, and can be read once only.
        raise _LeadsNowhere("is not a regular file; copy it into one first")
    matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - ** and home
    if not matches:
        raise _LeadsNowhere("no such file or folder; check the path")
    inside = []
    for match in map(Path, matches):
        if match.is_dir():
            inside += _below(match)
        elif match.is_file():
            inside.append((match, Path(match.name)))
    if not inside:
        raise _LeadsNowhere(f"no documents among what matches; {_EXPECTED}")
    return inside


def _below(folder: Path) -> list[tuple[Path, Path]]:
    return [
        (path, path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
