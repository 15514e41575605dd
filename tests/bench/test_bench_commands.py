"""`docr bench engine` and `docr bench limit`, as a user runs them."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.docr.commands import docr

SAMPLES = Path(__file__).parents[2] / "samples"
# Stands for the real one: takes some time, in a process of its own for each page.
TESSERACT = """#!/bin/sh
n=0; while [ $n -lt 100000 ]; do n=$((n+1)); done
[ "$2 $3 $4" = "stdout -l eng" ] && echo "read $(basename "$1")"
"""


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two small page images, the truth of one of them."""
    folder = tmp_path / "images"
    folder.mkdir()
    with Image.open(SAMPLES / "photo-note.png") as note:
        note.crop((0, 0, 1200, 320)).save(folder / "note.png")
        note.crop((0, 0, 1200, 220)).convert("RGB").save(folder / "top.jpg")
    true = (SAMPLES / "photo-note.txt").read_text().splitlines()
    (folder / "note.txt").write_text("\n".join(true[:2]))
    return folder


def path_with(tmp_path: Path, *programs: str) -> str:
    """A PATH on which of all programs that read pages only these are found."""
    (tmp_path / "bin").mkdir()
    for program in ("sh", "basename"):
        found = shutil.which(program)
        assert found is not None
        (tmp_path / "bin" / program).symlink_to(found)
    for program in programs:
        (tmp_path / "bin" / program).write_text(TESSERACT)
        (tmp_path / "bin" / program).chmod(0o755)
    return str(tmp_path / "bin")


def test_our_engine_and_its_peers_are_measured_side_by_side(tmp_path: Path, images: Path) -> None:
    done = docr(
        *("bench", "engine", "--images", str(images), "--rounds", "1", "--engines", "1"),
        *("--against", "paddleocr,paddle-onednn", "--threads", "2", "--out", "found"),
        folder=tmp_path,
        OCR_ENGINE="onnxruntime",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found" / "engine.json").read_text())
    assert list(found["subjects"]) == ["docr", "paddleocr"]
    for subject in found["subjects"].values():
        assert subject["word_f1"] > 0.9
        assert subject["files"]["top.jpg"]["word_f1"] is None
        assert subject["core_s"]["median"] > 0.01
        assert subject["peak_mb"]["median"] > 100  # the models alone
    assert "weights in Paddle format" in found["missing"]["paddle-onednn"]
    assert "missing: PaddleOCR, Paddle and oneDNN: there are no weights" in done.stdout
    assert "note.png" in done.stdout
    assert "<svg" in (tmp_path / "found" / "engine.svg").read_text()


def test_turns_stand_in_pairs_and_programs_that_have_ended_count(
    tmp_path: Path, images: Path
) -> None:
    done = docr(
        *("bench", "engine", "--images", str(images), "--against", "tesseract", "--rounds", "2"),
        *("--engines", "1", "--out", "found"),
        folder=tmp_path,
        PATH=path_with(tmp_path, "tesseract"),
    )
    assert done.returncode == 0, done.stderr
    turns = [line.split(":")[1].split(",")[0].strip() for line in done.stderr.splitlines()]
    assert turns == ["round 1 of 2", "Tesseract", "docr", "round 2 of 2", "docr", "Tesseract"]
    found = json.loads((tmp_path / "found" / "engine.json").read_text())
    tesseract = found["subjects"]["tesseract"]
    assert tesseract["core_s"]["median"] > 0.01
    assert tesseract["peak_mb"]["median"] < 20  # the shell's, not that of what started it
    assert found["ratios"]["tesseract"]["core_s"]["min"] > 0
    assert (tmp_path / "found/texts/tesseract/top.txt").read_text() == "read top.jpg\n"


def test_a_peer_that_is_not_installed_is_named_with_the_remedy(
    tmp_path: Path, images: Path
) -> None:
    done = docr(
        *("bench", "engine", "--images", str(images), "--against", "tesseract", "--rounds", "1"),
        *("--files", "1", "--out", "found"),
        folder=tmp_path,
        PATH=path_with(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert "missing: Tesseract: tesseract is not installed; on Debian" in done.stdout
    found = json.loads((tmp_path / "found" / "engine.json").read_text())
    assert found["images"] == ["note.png"]
    assert list(found["subjects"]) == ["docr"]


def test_a_file_that_cannot_be_read_costs_that_file_only(tmp_path: Path, images: Path) -> None:
    (images / "torn.png").write_bytes(b"no image")
    done = docr(
        *("bench", "engine", "--images", str(images), "--against", "", "--rounds", "1"),
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "torn.png: the image of page 1 cannot be decoded" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--images", "nowhere"), "docr: --images nowhere is not a folder; name one that exists\n"),
        (("--images", "images", "--against", "abbyy"), "'abbyy' is not known; name some of: padd"),
        (("--images", "."), "holds no page images; put files .jpg, .jpeg, .png, .bmp there"),
    ],
)
def test_wrong_usage_is_said_in_a_sentence(
    tmp_path: Path, images: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert images.is_dir()
    done = docr("bench", "engine", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_the_limit_is_computed_for_real_pages(tmp_path: Path, images: Path) -> None:
    done = docr(
        *("bench", "limit", "--images", str(images), "--out", "found"),
        folder=tmp_path,
        OCR_ENGINE="onnxruntime",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found" / "limit.json").read_text())
    assert found["pages"] == 2
    for part in ("detection", "recognition", "executed", "needed"):
        assert found[part]["gflop"] > 1
        assert found[part]["core_s"] > 0
    # In 8 bits a page may take less than single precision would need.
    assert found["executed"]["ratio"] > 0.1
    assert found["rest"]["core_s"] > 0
    assert "measured / limit" in done.stdout


def test_the_limit_of_an_engine_without_models_is_refused(tmp_path: Path, images: Path) -> None:
    done = docr("bench", "limit", "--images", str(images), folder=tmp_path)
    assert done.returncode == 2
    assert "engine echo does not run; leave OCR_ENGINE out" in done.stderr
