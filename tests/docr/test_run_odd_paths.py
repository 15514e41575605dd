"""`docr run` with names and paths that no one would choose on purpose."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.docr.commands import DOCR, docr, environment, leftovers
from tests.documents import pdf

NOT_UTF8 = os.fsdecode(b"caf\xe9.pdf")


def test_names_that_are_no_text_cost_nothing(tmp_path: Path) -> None:
    for name in (NOT_UTF8, "two\nlines\x1b[31m.pdf", "good.pdf", "x" * 251 + ".pdf", "..pdf"):
        (tmp_path / name).write_bytes(pdf(1))
    names = [path.name for path in tmp_path.iterdir()]
    done = docr("run", *names, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for said in (done.stdout, done.stderr):
        assert r"caf\xe9.pdf" in said
        assert r"two\nlines\x1b[31m.pdf" in said
        assert "\x1b" not in said
    outputs = {path.name for path in (tmp_path / "ocr-output").iterdir()}
    assert len(outputs) == 3 * len(names)
    assert {NOT_UTF8.replace("pdf", "txt"), "two\nlines\x1b[31m.md", "good.json"} <= outputs


def test_json_on_stdout_holds_nothing_raw(tmp_path: Path) -> None:
    name = "two\nlines\x1b[31m\x9b\u202e.pdf"
    (tmp_path / name).write_bytes(pdf(1))
    (tmp_path / NOT_UTF8).write_bytes(pdf(1))
    done = docr("run", name, NOT_UTF8, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not {"\x1b", "\x9b", "\u202e"} & set(done.stdout)
    assert {json.loads(line)["filename"] for line in done.stdout.splitlines()} == {
        name,
        "caf\ufffd.pdf",
    }


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("pipe", "pipe: is not a regular file; copy it into one first"),
        ("/dev/null", "/dev/null: is not a regular file"),
        ("", "'': the path is empty; name a file"),
        ("~no-such-user/x.pdf", "~no-such-user/x.pdf: there is no such user"),
        ("y" * 300, "y: File name too long; check the path"),
        ("fol*", "fol*: no documents among what matches; expected files ending in"),
    ],
)
def test_a_path_that_leads_to_no_file_gets_one_sentence(
    tmp_path: Path, path: str, words: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    done = docr("run", path, folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_pipe_of_the_shell_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "good.pdf").write_bytes(pdf(1))
    done = subprocess.run(
        ["bash", "-c", f"{shlex.quote(str(DOCR))} run <(cat good.pdf) good.pdf"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "is not a regular file; copy it into one first" in done.stderr
    assert "good.pdf: success" in done.stderr


@pytest.mark.parametrize("out", ["/proc/nothing", "z" * 300, "one.pdf/below", "/dev/null"])
def test_an_output_folder_that_cannot_be_written_is_refused_before_anything_is_read(
    tmp_path: Path, out: str
) -> None:
    (tmp_path / "one.pdf").write_bytes(pdf(1))
    done = docr("run", "one.pdf", "--out", out, folder=tmp_path)
    assert done.returncode == 2
    assert f"--out {out}" in done.stderr
    assert "choose" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_document_that_never_fits_the_store_is_refused_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "good.pdf").write_bytes(pdf(1))
    with (tmp_path / "huge.pdf").open("wb") as huge:
        huge.truncate(300_000_000)
    done = docr("run", "huge.pdf", "good.pdf", folder=tmp_path, STORE_GB="1")
    assert done.returncode == 1
    assert "huge.pdf: it has 300.0 MB, and the broker's store has room for" in done.stderr
    assert "raise STORE_GB" in done.stderr or "set TMPDIR" in done.stderr
    assert (tmp_path / "ocr-output/good.txt").exists()
    assert not (tmp_path / "ocr-output/huge.json").exists()
    assert leftovers(tmp_path) == []


def test_more_engines_than_memory_carries_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "one.pdf").write_bytes(pdf(1))
    done = docr("run", "one.pdf", "--nodes", "256", folder=tmp_path, MAX_RAM_GB="4")
    assert done.returncode == 2
    assert "256 engines would have 0.0" in done.stderr
    assert "--nodes" in done.stderr
    assert not (tmp_path / "ocr-output").exists()


def test_outputs_of_an_earlier_run_go_when_nothing_of_the_document_is_read(tmp_path: Path) -> None:
    (tmp_path / "one.pdf").write_bytes(pdf(1))
    assert docr("run", "one.pdf", folder=tmp_path).returncode == 0
    (tmp_path / "one.pdf").write_bytes(pdf(1)[:150])
    assert docr("run", "one.pdf", folder=tmp_path).returncode == 1
    assert [path.name for path in (tmp_path / "ocr-output").iterdir()] == ["one.json"]
