"""`docr run --format`: further files beside the text."""

from pathlib import Path

from contracts.output_formats import OUTPUT_FORMATS
from docr.cli.formats import NAMES, complete
from tests.docr.commands import docr, leftovers
from tests.documents import pdf


def test_a_run_writes_the_formats_that_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(2))
    (tmp_path / "b.pdf").write_bytes(b"no document")
    out = tmp_path / "ocr-output"
    out.mkdir()
    for stale in ("b.tsv", "a.hocr"):
        (out / stale).write_text("of an earlier run")
    done = docr(
        "run", "a.pdf", "b.pdf", "--format", "pdf,TSV", "--format", "jsonl", folder=tmp_path
    )
    assert done.returncode == 1, done.stderr
    assert sorted(each.name for each in out.iterdir()) == [
        "a.hocr", "a.json", "a.jsonl", "a.md", "a.pdf", "a.tsv", "a.txt", "b.json"
    ]  # fmt: skip
    assert (out / "a.pdf").read_bytes().startswith(b"%PDF")
    assert len((out / "a.jsonl").read_text().splitlines()) == 2
    assert leftovers(tmp_path) == []


def test_a_run_never_writes_over_a_document_that_it_reads(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(1))
    refused = docr("run", "a.pdf", "--out", ".", "--format", "pdf", folder=tmp_path)
    assert (refused.returncode, refused.stderr) == (
        2,
        "docr: --format pdf would write a.pdf, which is a document to be read; choose another "
        "folder with --out\n",
    )
    assert (tmp_path / "a.pdf").read_bytes() == pdf(1)
    unknown = docr("run", "a.pdf", "--format", "docx", folder=tmp_path)
    assert (unknown.returncode, "choose from: text, markdown" in unknown.stderr) == (2, True)


def test_a_shell_completes_names_of_formats() -> None:
    assert NAMES == OUTPUT_FORMATS
    assert complete("p") == ["pdf", "page"]
    assert complete("pdf,p") == ["pdf,page"]
    assert complete("tsv,j") == ["tsv,json", "tsv,jsonl"]
    assert complete("x") == []
