"""Settings: names, defaults, ranges, and what is said of wrong ones."""

from pathlib import Path

import pytest

from contracts.errors import InvalidOption
from docr.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_every_setting_of_the_design_has_its_name_and_default() -> None:
    settings = load_settings()
    expected = {
        "nats_url": "nats://127.0.0.1:4222",
        "nats_creds": "",
        "worker_port": 8001,
        "coordinator_port": 8000,
        "ocr_engine": "onnxruntime",
        "ocr_model_dir": None,
        "ocr_language": "en",
        "ocr_cpu_threads": 0,
        "enable_mkldnn": True,
        "default_dpi": 200,
        "max_retries": 3,
        "retry_delay_seconds": 2,
        "worker_request_timeout": 120,
        "max_ram_gb": 22,
        "max_cpu_cores": 12,
        "temp_dir": Path("/dev/shm/ocr_temp"),
        "ocr_echo_delay_ms": 0,
        "ocr_echo_faults": "",
        "nats_replicas": 1,
    }
    assert {name: getattr(settings, name) for name in expected} == expected
    assert {"worker_name", "worker_host", "coordinator_host"} <= Settings.model_fields.keys()


def test_the_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for name, field in Settings.model_fields.items():
        (row,) = [line for line in readme.splitlines() if line.startswith(f"| `{name.upper()}` |")]
        default = field.get_default()
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        if default is not None and shown and name != "worker_name":
            assert f"| `{shown}` |" in row
        assert row.endswith(f"| {field.description} |")


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEFAULT_DPI", "5", "DEFAULT_DPI is '5', but must be at least 50"),
        ("DEFAULT_DPI", "5000", "must be at most 1200"),
        ("MAX_RETRIES", "many", "must be a whole number"),
        ("MAX_RAM_GB", "0.5", "must be at least 1"),
        ("ENABLE_MKLDNN", "perhaps", "must be true or false"),
        ("OCR_ENGINE", "tesseract", "one of onnxruntime, paddle or echo"),
        ("OCR_LANGUAGE", "klingon", "OCR_LANGUAGE is wrong: language 'klingon' is not known"),
        ("WORKER_NAME", "node one", "letters, digits, hyphens"),
        ("WORKER_REQUEST_TIMEOUT", "nan", "WORKER_REQUEST_TIMEOUT"),
        ("RETRY_DELAY_SECONDS", "nan", "RETRY_DELAY_SECONDS is 'nan', but must be a finite number"),
        ("MAX_RAM_GB", "inf", "must be a finite number"),
        ("LOG_LEVEL", "loud", "one of debug, info, warning or error"),
    ],
)
def test_a_wrong_setting_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidOption) as refused:
        load_settings()
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCR_ENGINE", "paddle")
    assert load_settings(ocr_engine="echo").ocr_engine == "echo"
    assert load_settings(ocr_engine=None).ocr_engine == "paddle"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_RETRIES", "")
    assert load_settings().max_retries == 3


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TEMP_DIR", "~/scratch")
    assert load_settings().temp_dir == tmp_path / "scratch"


def test_what_the_environment_does_not_say_may_stand_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ocr_secret_key").write_text("a secret of a container\n")
    (tmp_path / "ocr_language").write_text("de")
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("OCR_LANGUAGE", "fr")
    settings = load_settings()
    assert settings.ocr_secret_key.get_secret_value() == "a secret of a container"
    assert settings.ocr_language == "fr"


def test_a_folder_of_secrets_that_is_not_there_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "none"))
    with pytest.raises(InvalidOption, match=r"SECRETS_DIR names .*, which is no folder; mount"):
        load_settings()
