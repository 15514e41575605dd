"""`docr run` and what users hand it by mistake."""

import json
from pathlib import Path

import pytest

from tests.docr.commands import docr, leftovers
from tests.documents import bad_documents, encoded, pdf, picture


def test_each_bad_document_gets_its_sentence_and_the_others_finish(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    expected = bad_documents(inbox)
    (inbox / "good.png").write_bytes(encoded(picture("hello")))
    done = docr("run", "inbox", "missing.pdf", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    for name, words in expected.items():
        sentences = [line for line in done.stdout.splitlines() if line.startswith(f"{name}: ")]
        assert len(sentences) == 1, done.stdout
        assert words in sentences[0]
        assert ";" in sentences[0], "a sentence says what to do as well"
    assert "missing.pdf: no such file or folder" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert len((tmp_path / "ocr-output/good.txt").read_text().split()) == 2
    assert json.loads((tmp_path / "ocr-output/empty.json").read_text())["results"] == []
    assert leftovers(tmp_path) == []


def test_json_prints_a_summary_a_document_and_nothing_else_on_stdout(tmp_path: Path) -> None:
    (tmp_path / "three.pdf").write_bytes(pdf(3))
    (tmp_path / "empty.pdf").write_bytes(b"")
    done = docr("run", "three.pdf", "empty.pdf", "--json", folder=tmp_path)
    assert done.returncode == 1
    summaries = {each["filename"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert summaries["three.pdf"]["status"] == "success"
    assert summaries["three.pdf"]["pages_processed"] == 3
    assert summaries["empty.pdf"]["status"] == "failed"
    assert len(summaries) == 2


def test_pages_beyond_the_end_are_refused_with_the_page_count(tmp_path: Path) -> None:
    (tmp_path / "three.pdf").write_bytes(pdf(3))
    done = docr("run", "three.pdf", "--pages", "9", folder=tmp_path)
    assert done.returncode == 1
    assert "page 9 was asked for, but the document has 3 pages" in done.stdout


def test_pages_selects_pages(tmp_path: Path) -> None:
    (tmp_path / "three.pdf").write_bytes(pdf(3))
    done = docr("run", "three.pdf", "--pages", "1,3", "--out", "here/there", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "here/there/three.json").read_text())
    assert [page["page_number"] for page in result["results"]] == [1, 3]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--language", "klingon"], "language 'klingon' is not known; choose one of"),
        (["--dpi", "5"], "dpi 5 is out of range"),
        (["--dpi", "5000"], "dpi 5000 is out of range"),
        (["--pages", "0-1"], "names a page 0"),
        (["--engine", "tesseract"], "must be one of onnxruntime, paddle or echo"),
        (["--out", "one.pdf"], "is a file"),
    ],
)
def test_wrong_options_end_the_command_before_it_begins(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "one.pdf").write_bytes(pdf(1))
    done = docr("run", "one.pdf", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "ocr-output").exists()


def test_nothing_to_read_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    done = docr("run", "nothing", "gone.pdf", folder=tmp_path)
    assert done.returncode == 2
    assert "nothing: no documents in this folder" in done.stderr
    assert "gone.pdf: no such file or folder" in done.stderr


def test_a_setting_out_of_range_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "one.pdf").write_bytes(pdf(1))
    done = docr("run", "one.pdf", folder=tmp_path, MAX_RETRIES="0")
    assert done.returncode == 2
    assert "MAX_RETRIES is '0', but must be at least 1" in done.stderr


def test_a_page_that_always_fails_leaves_the_others_of_its_document(tmp_path: Path) -> None:
    (tmp_path / "three.pdf").write_bytes(pdf(3))
    done = docr(
        "run",
        "three.pdf",
        folder=tmp_path,
        OCR_ECHO_FAULTS="kill:2",
        RETRY_DELAY_SECONDS="0",
        MAX_RETRIES="2",
    )
    assert done.returncode == 1
    result = json.loads((tmp_path / "ocr-output/three.json").read_text())
    assert result["metrics"]["status"] == "partial_success"
    assert [page["status"] for page in result["results"]] == ["success", "failed", "success"]
    assert "given up after 2 attempts" in result["results"][1]["error"]
    assert "three.pdf: page 2:" in done.stdout
    assert len((tmp_path / "ocr-output/three.txt").read_text().split("\n\n")) == 2


def test_a_second_run_replaces_the_outputs_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "one.pdf").write_bytes(pdf(1))
    assert docr("run", "one.pdf", folder=tmp_path).returncode == 0
    (tmp_path / "one.pdf").write_bytes(pdf(2))
    assert docr("run", "one.pdf", folder=tmp_path).returncode == 0
    assert "<!-- page 2 -->" in (tmp_path / "ocr-output/one.md").read_text()
