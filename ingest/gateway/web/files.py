"""The page's own files, read once: it needs nothing from anywhere else."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "files"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Where a page names the folder of all its files; see `WebFiles.version`.
_VERSION_MARK: Final = b"{{version}}"
FIRST: Final = "index.html"
REFERENCE: Final = "docs.html"
# At addresses of their own.
PAGES: Final = frozenset({FIRST, REFERENCE})


@dataclass(frozen=True, kw_only=True)
class WebFile:
    """A file as it is sent. `etag` is of what it holds."""

    content: bytes
    packed: bytes  # with gzip
    media_type: str
    etag: str


@dataclass(frozen=True, kw_only=True)
class WebFiles:
    """All files by name. `version`: another one as soon as any of them holds something else; it is
    part of their addresses, so that browsers may keep them, and modules find each other."""

    version: str
    by_name: dict[str, WebFile]


@cache
def web_files() -> WebFiles:
    """The files of this install."""
    contents = {
        path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES
    }
    whole = hashlib.sha256()
    for name, content in contents.items():
        whole.update(f"{name}\0{len(content)}\0".encode() + content)
    version = whole.hexdigest()[:16]
    for page in PAGES:
        contents[page] = contents[page].replace(_VERSION_MARK, version.encode())
    return WebFiles(
        version=version, by_name={name: _file(name, each) for name, each in contents.items()}
    )


def _file(name: str, content: bytes) -> WebFile:
    return WebFile(
        content=content,
        packed=gzip.compress(content, mtime=0),
        media_type=_TYPES[Path(name).suffix],
        etag=hashlib.sha256(content).hexdigest()[:32],
    )
