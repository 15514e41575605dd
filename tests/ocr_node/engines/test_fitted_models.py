"""Models fitted once, kept, and shared by processes."""

import asyncio
from pathlib import Path

import pytest

from contracts.errors import EngineUnavailable
from contracts.languages import BUNDLED_SCRIPTS
from ocr_node.engines import fitted_models
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models
from ocr_node.engines.eight_bit_support import known_ranges, processor_is_fast_with_them
from ocr_node.engines.fit_ahead import fit_ahead
from ocr_node.engines.fitted_models import fitted_detection, fitted_recognition
from ocr_node.engines.model_folder import (
    detection_options,
    dictionary,
    fingerprint,
    weights_of,
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled_models(tmp_path_factory.mktemp("models"))


async def test_two_processes_that_fit_at_once_get_the_same_whole_files(
    models: Path, tmp_path: Path
) -> None:
    one, other = await asyncio.gather(
        *(
            asyncio.to_thread(fitted_recognition, models / RECOGNITION, "latin", tmp_path)
            for _ in range(2)
        )
    )
    assert one == other
    assert one.characters[0] == ""
    assert one.characters[-1] == " "
    assert one.answers_characters
    assert one.any_height
    left = {path.name for path in (tmp_path / "fitted").iterdir()}
    assert not any(name.startswith(".") for name in left)
    # Nothing is done a second time.
    made = one.exact.stat().st_mtime_ns
    assert fitted_recognition(models / RECOGNITION, "latin", tmp_path) == one
    assert one.exact.stat().st_mtime_ns == made


def test_the_install_has_ranges_for_its_own_weights(models: Path) -> None:
    for name in (DETECTION, RECOGNITION):
        assert known_ranges(fingerprint(models / name)), name
    assert known_ranges("0" * 64) is None


def test_eight_bits_are_used_where_the_processor_is_fast_with_them(
    models: Path, tmp_path: Path
) -> None:
    fast = fitted_detection(models / DETECTION, tmp_path) != weights_of(models / DETECTION)
    assert fast == processor_is_fast_with_them()
    exact = fitted_detection(models / DETECTION, tmp_path, eight_bits=False)
    assert exact == weights_of(models / DETECTION)


@pytest.mark.parametrize(
    ("flags", "fast"),
    [
        ("flags\t\t: fpu avx2 avx512_vnni sse", True),
        ("flags : avx2 avx_vnni", True),
        ("Features\t: fp asimd asimddp", True),
        ("flags\t\t: fpu avx avx2 fma avx512f", False),
        ("model name : avx512_vnni", False),
        ("", False),
    ],
)
def test_instructions_are_told_from_what_the_system_says(
    tmp_path: Path, flags: str, fast: bool
) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor : 0\n{flags}\n", encoding="utf-8")
    assert processor_is_fast_with_them(told) == fast
    assert not processor_is_fast_with_them(tmp_path / "none")


def test_a_cache_that_cannot_be_written_is_named(models: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(EngineUnavailable, match="set OCR_CACHE_DIR"):
        fitted_recognition(models / RECOGNITION, "latin", tmp_path / "file")


@pytest.mark.parametrize(
    "content", ["", "- a", "PostProcess: 3", "PreProcess:\n  transform_ops: 5\n", "\x00"]
)
def test_a_configuration_that_is_none_is_refused_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "inference.yml").write_text(content, encoding="utf-8")
    with pytest.raises(EngineUnavailable, match="is not the configuration of a PP-OCR model"):
        dictionary(tmp_path)
    if content not in {"", "PostProcess: 3"}:
        with pytest.raises(EngineUnavailable, match="is not the configuration of a PP-OCR model"):
            detection_options(tmp_path)


def test_options_are_those_of_the_folder(models: Path, tmp_path: Path) -> None:
    assert detection_options(models / DETECTION).box_threshold == 0.6
    (tmp_path / "inference.yml").write_text("PostProcess: {thresh: 0.2, box_thresh: 0.5}")
    told = detection_options(tmp_path)
    assert (told.threshold, told.box_threshold, told.unclip_ratio) == (0.2, 0.5, 1.5)


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"characters": []}'])
def test_a_spoilt_note_beside_a_model_is_made_anew(
    models: Path, tmp_path: Path, spoilt: str
) -> None:
    first = fitted_recognition(models / RECOGNITION, "latin", tmp_path, eight_bits=False)
    first.exact.with_suffix(".json").write_text(spoilt, encoding="utf-8")
    assert fitted_recognition(models / RECOGNITION, "latin", tmp_path, eight_bits=False) == first


def test_what_is_fitted_ahead_is_all_that_engines_look_for_on_any_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitted_models, "processor_is_fast_with_them", lambda: False)
    made = fit_ahead(tmp_path)
    folder = bundled_models(tmp_path)
    for is_fast in (False, True):
        monkeypatch.setattr(fitted_models, "processor_is_fast_with_them", lambda: is_fast)  # noqa: B023
        fitted_detection(folder / DETECTION, tmp_path)
        for script in BUNDLED_SCRIPTS:
            read = fitted_recognition(folder / RECOGNITION, script, tmp_path)
            assert {read.exact, read.fast} <= set(made)
    assert sorted((tmp_path / "fitted").iterdir()) == made
    # Others than who made it read it.
    assert all(path.stat().st_mode & 0o004 for path in tmp_path.rglob("*"))
