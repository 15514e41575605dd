"""The engines, through the child process in which they live."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from contracts.errors import (
    ChildCrashed,
    ChildOutOfMemory,
    ChildRaised,
    ChildTimedOut,
    EngineUnavailable,
    InvalidOption,
    PageUnreadable,
)
from contracts.pages import Line, PageSucceeded
from ocr_node.engines import EngineName, EngineSettings
from ocr_node.engines.bundled_models import bundled_models
from ocr_node.engines.echo_faults import parse_faults
from ocr_node.reader import Limits, Reader
from tests.documents import encoded, picture
from tests.examples import page_task

MODELS = Path(__file__).parents[3] / "shared/models"
TEXT = "Steel pipe 36 pieces\nTotal 1728.00"


def reader(
    folder: Path,
    *,
    name: EngineName = "echo",
    faults: str = "",
    timeout_s: float = 60.0,
    memory_mb: int = 4000,
    model_dir: Path | None = None,
) -> Reader:
    return Reader(
        worker="node-a",
        engine=EngineSettings(
            name=name, cache_dir=folder, echo_faults=faults, model_dir=model_dir, cpu_threads=2
        ),
        limits=Limits(page_timeout_s=timeout_s, memory_limit_bytes=memory_mb * 2**20),
    )


async def read_once(one: Reader, image: bytes, *, page_index: int = 0) -> PageSucceeded:
    try:
        return await one.read(page_task(image=image, page_index=page_index), attempt=1)
    finally:
        await one.stop()


async def test_onnxruntime_reads_print_without_any_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A proxy that refuses everything: whatever asks the network fails.
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    page = await read_once(reader(tmp_path, name="onnxruntime"), encoded(picture(TEXT)))
    assert page.text == TEXT
    assert page.markdown == " ".join(TEXT.splitlines())  # one paragraph
    assert page.confidence > 0.9
    assert (page.width_px, page.height_px) == (900, 200)
    (left, top), _, (right, bottom), _ = page.lines[0].polygon
    assert 20 < left < right < 900
    assert 20 < top < bottom < 100
    assert not (tmp_path / "home/.paddlex/official_models").exists()


async def test_a_blank_page_has_no_lines(model_cache: Path) -> None:
    page = await read_once(reader(model_cache, name="onnxruntime"), encoded(picture()))
    assert (page.text, page.lines, page.confidence) == ("", (), 0.0)


@pytest.mark.corpus
@pytest.mark.skipif(not MODELS.is_dir(), reason="no Paddle weights in ../shared/models")
async def test_paddle_reads_print_with_onednn(tmp_path: Path) -> None:
    one = reader(tmp_path, name="paddle", model_dir=MODELS, memory_mb=8000)
    assert (await read_once(one, encoded(picture(TEXT)))).text == TEXT


async def test_paddle_without_models_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="set OCR_MODEL_DIR"):
        await read_once(reader(tmp_path, name="paddle"), b"")


async def test_a_model_folder_without_models_is_refused_in_words(tmp_path: Path) -> None:
    one = reader(tmp_path, name="onnxruntime", model_dir=tmp_path)
    with pytest.raises(EngineUnavailable, match=r"must hold exactly one folder \*_det"):
        await read_once(one, b"")


async def test_bundled_models_are_made_once_even_by_two_at_a_time(tmp_path: Path) -> None:
    one, other = await asyncio.gather(
        asyncio.to_thread(bundled_models, tmp_path), asyncio.to_thread(bundled_models, tmp_path)
    )
    assert one == other == bundled_models(tmp_path)
    assert (one / "PP-OCRv6_small_rec/inference.onnx").stat().st_size > 1_000_000
    assert [path.name for path in tmp_path.iterdir()] == [one.name]


async def test_bundled_models_whose_weights_are_gone_are_made_again(tmp_path: Path) -> None:
    link = bundled_models(tmp_path) / "PP-OCRv6_small_det/inference.onnx"
    link.unlink()
    link.symlink_to(tmp_path / "gone")
    assert (bundled_models(tmp_path) / "PP-OCRv6_small_det/inference.onnx").exists()


async def test_echo_answers_the_hash_and_the_page_number(tmp_path: Path) -> None:
    image = encoded(picture("x"))
    page = await read_once(reader(tmp_path), image, page_index=4)
    assert page.text == f"{hashlib.sha256(image).hexdigest()} 5"


async def test_lines_known_before_are_part_of_the_result(tmp_path: Path) -> None:
    known = Line(
        text="known", confidence=1.0, polygon=((0, 0), (9, 0), (9, 5), (0, 5)), source="text_layer"
    )
    image = encoded(picture("x"))
    one = reader(tmp_path)
    try:
        page = await one.read(page_task(image=image, known_lines=(known,)), attempt=1)
    finally:
        await one.stop()
    assert known in page.lines
    assert hashlib.sha256(image).hexdigest() in page.text
    assert "known" in page.text
    assert (page.angle_deg, page.read_in, page.error) == (0.0, "first", None)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("kill", ChildCrashed), ("hang", ChildTimedOut), ("raise", ChildRaised),
     ("eat", ChildOutOfMemory)],
)  # fmt: skip
async def test_a_fault_costs_one_page_and_the_next_one_is_read(
    tmp_path: Path, fault: str, expected: type[Exception]
) -> None:
    # Eating takes a while on a busy machine; hanging takes as long as it is let.
    timeout_s = 1.5 if fault == "hang" else 30.0
    one = reader(tmp_path, faults=f"{fault}:1", timeout_s=timeout_s, memory_mb=600)
    image = encoded(picture("x"))
    try:
        with pytest.raises(expected):
            await one.read(page_task(image=image), attempt=1)
        page = await one.read(page_task(image=image, page_index=1), attempt=1)
        assert page.text.endswith(" 2")
    finally:
        await one.stop()


async def test_an_image_that_cannot_be_decoded_is_the_pages_own_fault(tmp_path: Path) -> None:
    with pytest.raises(PageUnreadable, match="page 1 cannot be decoded"):
        await read_once(reader(tmp_path), b"no image")


@pytest.mark.parametrize("text", ["kill", "kill:0", "melt:3", "kill:x", "kill:3;hang:5"])
def test_faults_that_cannot_be_read_are_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidOption, match="OCR_ECHO_FAULTS"):
        parse_faults(text)


def test_faults_are_read_by_page_number() -> None:
    assert parse_faults(" kill:3, eat:9,") == {2: "kill", 8: "eat"}
