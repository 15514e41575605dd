"""A job's outputs, written page by page: memory does not grow with the document."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from contracts.errors import TempFolderUnusable
from contracts.jobs import JobSummary
from contracts.pages import PageFailed, PageResult

_PIECE_CHARS: Final = 64 * 1024


class OutputFiles:
    """Collects pages, in page order, in four files of a folder; `finish` makes the result."""

    def __init__(self, folder: Path) -> None:
        self.text = folder / "text"
        self.markdown = folder / "markdown"
        self.result = folder / "result.json"
        self.pages = folder / "pages.jsonl"
        self._text = self.text.open("w", encoding="utf-8")
        self._markdown = self.markdown.open("w", encoding="utf-8")
        self._pages = self.pages.open("wb")
        self._has_text = self._has_page = False

    def add(self, result: PageResult, *, told: bytes | None = None) -> None:
        """Appends a page. `told`: the JSON that it was read from."""
        # One entry a line: nothing else in JSON breaks a line.
        self._pages.write(result.report_json(told) + b"\n")
        self._markdown.write(page_markdown(result, is_first=not self._has_page))
        self._has_page = True
        if not isinstance(result, PageFailed):
            # One blank line between pages, whatever is on them.
            self._text.write("\n\n" if self._has_text else "")
            self._text.write(result.text.rstrip("\n"))
            self._has_text = True

    def all_pages(self) -> Path:
        """The file of all pages so far, one a line, on the disk as a whole."""
        self._pages.flush()
        return self.pages

    def finish(self, summary: JobSummary) -> None:
        """Ends the files, and writes {metrics, results, combined_text, combined_markdown}."""
        for file, has in ((self._text, self._has_text), (self._markdown, self._has_page)):
            file.write("\n" if has else "")
        self.close()
        with self.result.open("w", encoding="utf-8") as out:
            metrics = summary.metrics()
            out.write('{"metrics": ')
            json.dump(metrics, out, ensure_ascii=False)
            out.write(', "results": [')
            _join_lines(self.pages, out)
            out.write('], "combined_text": "')
            _copy(self.text, out, as_json=True)
            out.write('", "combined_markdown": "')
            _copy(self.markdown, out, as_json=True)
            out.write('"}\n')

    def close(self) -> None:
        """Closes the files; safe to call again."""
        for file in (self._text, self._markdown, self._pages):
            file.close()


@contextmanager
def output_files(temp_dir: Path) -> Iterator[OutputFiles]:
    """Files in a folder of their own, removed at the end. Raises: TempFolderUnusable."""
    try:
        with tempfile.TemporaryDirectory(dir=temp_dir, prefix="outputs-") as folder:
            files = OutputFiles(Path(folder))
            try:
                yield files
            finally:
                # A full disk refuses what is left in the buffers; that is told already.
                with contextlib.suppress(OSError):
                    files.close()
    except OSError as wrong:
        raise TempFolderUnusable(
            f"outputs cannot be written in {temp_dir} ({wrong.strerror or wrong}); "
            "make room there, or set TEMP_DIR to another folder"
        ) from wrong


def page_markdown(result: PageResult, *, is_first: bool) -> str:
    """The page behind those before it: a rule, and a comment that tells its number and is not seen
    when the document is shown. A document that begins with its first page has neither above it."""
    if isinstance(result, PageFailed):
        body = f"*Page {result.page_index + 1} could not be read.*"
    else:
        body = result.markdown.strip("\n")
    number = f"<!-- page {result.page_index + 1} -->"
    if is_first:
        return f"{number}\n\n{body}".rstrip("\n") if result.page_index else body
    return f"\n\n---\n\n{number}\n\n{body}".rstrip("\n")


def _copy(path: Path, out: TextIO, *, as_json: bool = False) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        for piece in _pieces(file):
            out.write(json.dumps(piece, ensure_ascii=False)[1:-1] if as_json else piece)


def _join_lines(path: Path, out: TextIO) -> None:
    """Copies JSON Lines as the elements of a list."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file):
            out.write("," if number else "")
            out.write(line.removesuffix("\n"))


def _pieces(file: TextIO) -> Iterator[str]:
    while piece := file.read(_PIECE_CHARS):
        yield piece
