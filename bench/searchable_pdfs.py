"""`python -m bench.searchable_pdfs DIR`: reads documents with `docr run`, makes searchable PDFs of
them, and prints what outside tools say. Needs pdftotext and qpdf (apt install poppler-utils qpdf).

With `--results DIR`, results that are there already (NAME.json of `docr run`) are not read again.
`--password` opens encrypted documents.

`F1` compares all that pdftotext says with the job's own text, whoever wrote it into the PDF. Three
figures are of the words that we laid on its pages, and of nothing else: `laid` is the F1 of those
words, `place` and `PDFium` the shares of them within 5 px of their polygons, as pdftotext and as
PDFium tell boxes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pypdfium2

from bench.laid_words import laid_pages, pdfium_words, without_the_rest
from bench.pdf_checks import (
    FoundWord,
    complaints,
    f1,
    missing_tools,
    pages_of_words,
    pdf_text,
    share_in_place,
    text_of,
    words_of,
)
from contracts.errors import FormatUnavailable
from contracts.jobs import JobSummary
from contracts.pages import PageResult, PageSucceeded, from_report
from exports.exporting import Material
from exports.searchable_pdf import write_pdf

_LOOKED_AT_PAGES: Final = 20


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A document's figures. `ended`: why there is no PDF, or empty; `laid_f1`, `in_place`: of the
    words that we laid, 1 where there are none; `grown_kb`: a page that was read; `differs`: the
    largest difference of a shown pixel, 0..255, None if it is no PDF."""

    name: str
    ended: str
    pages: int = 0
    seconds: float = 0.0
    f1: float = 0.0
    laid_f1: float = 0.0
    in_place: float = 0.0
    in_place_by_pdfium: float = 0.0
    grown_kb: float = 0.0
    differs: int | None = None
    qpdf: str = ""

    def row(self) -> str:
        if self.ended:
            return f"{self.name:36} {self.ended}"
        look = "-" if self.differs is None else str(self.differs)
        return (
            f"{self.name:36} {self.pages:5} {self.seconds:7.2f} {self.f1:6.3f} "
            f"{self.laid_f1:6.3f} {self.in_place:6.3f} {self.in_place_by_pdfium:6.3f} "
            f"{self.grown_kb:7.1f} {look:>4}  {self.qpdf or 'silent'}"
        )


def check(document: Path, result: Path, out: Path, *, password: str | None = None) -> Checked:
    """Makes the PDF `out` of a document and its result, and looks at it."""
    told = json.loads(result.read_text())
    results = [from_report(told["metrics"]["job_id"], each) for each in told["results"]]
    began = time.monotonic()
    try:
        write_pdf(_material(document, told, results, password), out)
    except FormatUnavailable as wrong:
        return Checked(name=document.name, ended=str(wrong))
    seconds = time.monotonic() - began
    is_pdf = b"%PDF-" in document.read_bytes()[:1024]
    read = [each for each in results if isinstance(each, PageSucceeded) and each.source == "ocr"]
    laid = laid_pages(document, results, password=password)
    alone = out.with_name(f"{out.name}.laid")
    try:
        without_the_rest(out, alone)
        found, found_by_pdfium = pages_of_words(alone), pdfium_words(alone)
    finally:
        alone.unlink(missing_ok=True)
    return Checked(
        name=document.name,
        ended="",
        pages=len(results),
        seconds=seconds,
        f1=f1(words_of(pdf_text(out)), words_of(text_of(results))),
        laid_f1=f1(
            words_of(" ".join(word.text for words in found for word in words)),
            words_of(" ".join(line.text for page in laid for line in page.lines)),
        ),
        in_place=_in_place(laid, found),
        in_place_by_pdfium=_in_place(laid, found_by_pdfium),
        grown_kb=(out.stat().st_size - document.stat().st_size) / 1024 / max(len(read), 1),
        differs=differs(document, out, password=password) if is_pdf else None,
        qpdf=complaints(out),
    )


def _in_place(laid: list[PageSucceeded], found: list[list[FoundWord]]) -> float:
    shares = [share_in_place(each, found[each.page_index]) for each in laid]
    return sum(shares) / len(shares) if shares else 1.0


def differs(one: Path, other: Path, *, password: str | None = None) -> int | None:
    """The largest difference between pixels of what two PDFs show, 0..255; None if one cannot be
    opened. `password` opens the first."""
    try:
        with (
            pypdfium2.PdfDocument(one, password=password) as first,
            pypdfium2.PdfDocument(other) as second,
        ):
            if len(first) != len(second):
                return 255
            return max(map(_difference, _shown(first), _shown(second)), default=0)
    except pypdfium2.PdfiumError:
        return None


def _shown(pdf: pypdfium2.PdfDocument) -> Iterator[Any]:
    for index in range(min(len(pdf), _LOOKED_AT_PAGES)):
        yield np.array(pdf[index].render(scale=0.7).to_numpy(), dtype=np.int16)


def _difference(one: Any, other: Any) -> int:
    return 255 if one.shape != other.shape else int(np.abs(one - other).max(initial=0))


def _material(
    document: Path, told: dict[str, Any], results: list[PageResult], password: str | None
) -> Material:
    return Material(
        summary=JobSummary.model_validate(told["metrics"]),
        language="en",
        pages=iter(results),
        document=document,
        password=password,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--results", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--password")
    chosen = parser.parse_args()
    if absent := missing_tools():
        print(f"not installed: {', '.join(absent)}; apt install poppler-utils qpdf")
        return 2
    with tempfile.TemporaryDirectory(prefix="docr-bench-") as scratch:
        results = chosen.results or Path(scratch)
        out = chosen.out or Path(scratch)
        out.mkdir(parents=True, exist_ok=True)
        documents = sorted(
            each
            for each in chosen.documents.iterdir()
            if each.is_file() and each.suffix not in {".txt", ".md"}
        )
        if not any(results.glob("*.json")):
            docr = str(Path(sys.executable).parent / "docr")
            options = ["--password", chosen.password] if chosen.password else []
            subprocess.run(
                [docr, "run", *map(str, documents), "--out", str(results), *options], check=False
            )
        print(f"{'file':36} pages seconds     F1   laid  place PDFium KB/page look  qpdf")
        read = {
            json.loads(each.read_text())["metrics"]["filename"]: each
            for each in results.glob("*.json")
        }
        for document in documents:
            result = read.get(document.name)
            if result is None:
                print(f"{document.name:36} was not read")
                continue
            made = out / f"{document.name}.pdf"
            print(check(document, result, made, password=chosen.password).row(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
