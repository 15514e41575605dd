"""Models that are not here: fetched before a node starts, or asked for in words.

No test reaches a network: PaddleOCR's own download meets a hub on this machine, or nobody.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contracts.errors import LanguageUnavailable
from contracts.languages import scripts_of
from ocr_node.engines import EngineSettings
from ocr_node.engines.model_cache import MODELS
from ocr_node.engines.recognition_models import (
    missing_models,
    recognition_model,
    served_languages,
)
from ocr_node.model_fetching import fetch_models
from tests.docr.commands import docr
from tests.ocr_node.model_hub import model_hub

KOREAN = MODELS["korean"]


@pytest.fixture(autouse=True)
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A proxy that refuses everything, and an empty cache of PaddleOCR's. Returns the latter."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PADDLE_PDX_CACHE_HOME", str(tmp_path / "paddlex"))
    return tmp_path / "paddlex/official_models"


def settings(folder: Path, *languages: str, offline: bool = False) -> EngineSettings:
    return EngineSettings(cache_dir=folder / "cache", languages=languages, offline=offline)


async def test_offline_nothing_is_asked_and_the_file_is_named(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(LanguageUnavailable) as refused:
        await fetch_models(settings(tmp_path, "en", "korean", offline=True))
    assert str(refused.value) == (
        f"language 'korean' needs the model {KOREAN}, which is not on this machine; put its "
        f"inference.onnx and inference.yml into a folder {KOREAN}, and let OCR_MODEL_DIR name the "
        "folder around it (OCR_OFFLINE is true: nothing is fetched)"
    )
    assert time.monotonic() - started < 1.0
    assert not (tmp_path / "paddlex").exists()
    await fetch_models(settings(tmp_path, "en", "japan", offline=True))


async def test_what_is_missing_is_fetched_once_by_paddleocrs_own_download(
    tmp_path: Path, no_network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"inference.onnx": b"weights", "inference.yml": b"Global: {}\n"}
    wanted = settings(tmp_path, "en", "korean")
    with model_hub({f"PaddlePaddle/{KOREAN}_onnx": files}) as (address, asked):
        monkeypatch.setenv("PADDLE_PDX_HUGGING_FACE_ENDPOINT", address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        await fetch_models(wanted)
        model = recognition_model("korean", wanted)
        assert model == no_network / f"{KOREAN}_onnx"
        assert (model / "inference.onnx").read_bytes() == b"weights"
        assert scripts_of(served_languages(wanted)) == ("latin", "korean")
        before = len(asked)
        await fetch_models(wanted)
        assert len(asked) == before > 0


async def test_a_download_that_fails_says_what_to_do_instead(tmp_path: Path) -> None:
    with pytest.raises(LanguageUnavailable, match=r"could not be fetched \(.+\); put its infere"):
        await fetch_models(settings(tmp_path, "korean"))


async def test_a_download_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(LanguageUnavailable, match=r"took more than 0.3 s"):
        await fetch_models(settings(tmp_path, "korean"), timeout_s=0.3)


async def test_a_model_without_a_form_for_the_engine_is_not_asked_for(tmp_path: Path) -> None:
    with pytest.raises(LanguageUnavailable, match="use OCR_ENGINE=paddle, or convert it"):
        await fetch_models(settings(tmp_path, "ka"))


async def test_half_a_model_in_the_cache_is_not_taken_for_one(
    tmp_path: Path, no_network: Path
) -> None:
    (no_network / f"{KOREAN}_onnx").mkdir(parents=True)
    with pytest.raises(LanguageUnavailable, match="is not whole; remove that folder"):
        await fetch_models(settings(tmp_path, "korean"))


def test_languages_of_one_script_need_one_model(tmp_path: Path) -> None:
    assert missing_models(settings(tmp_path, "fa", "ar", "en", "ru")) == {
        MODELS["arabic"]: "fa",
        MODELS["eslav"]: "ru",
    }
    paddle = EngineSettings(name="paddle", cache_dir=tmp_path, languages=("en",))
    assert set(missing_models(paddle)) == {"PP-OCRv6_small_rec", "PP-OCRv6_small_det"}


def test_docr_run_in_a_language_without_its_model_begins_nothing(tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"never opened")
    command = ("run", "page.png", "--language", "korean", "--engine", "onnxruntime")
    done = docr(*command, folder=tmp_path, OCR_OFFLINE="true")
    assert done.returncode == 2
    assert done.stderr.startswith(f"docr: language 'korean' needs the model {KOREAN}, which is not")
    assert done.stderr.count("\n") == 1
    # Documents that name no language are in that of the site.
    done = docr("run", "page.png", "--engine", "onnxruntime", folder=tmp_path,
                OCR_LANGUAGE="el", OCR_OFFLINE="true")  # fmt: skip
    assert (done.returncode, MODELS["greek"] in done.stderr) == (2, True)


def test_a_process_without_network_reaches_nobody_but_this_machine() -> None:
    script = """
import socket, sys
from ocr_node.engines.no_network import forbid_network
forbid_network()
for ask in (lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1),
            lambda: socket.getaddrinfo("localhost", 80),
            lambda: socket.gethostbyname("localhost")):
    try:
        ask()
    except PermissionError as refused:
        assert "an engine fetches nothing" in str(refused)
    else:
        raise SystemExit("a network was reached")
one = socket.socket(socket.AF_UNIX)
try:
    one.connect("/no/such/socket")
except FileNotFoundError:
    print("well")
"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", script, port], capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
    assert (done.stdout, done.returncode) == ("well\n", 0), done.stderr
