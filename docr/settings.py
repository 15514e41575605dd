"""Every setting of the system: its environment name, default, unit and range, in one place."""

import os
import re
import socket
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.errors import InvalidOption
from contracts.job_options import MAX_DEADLINE_S, MAX_DPI, MIN_DPI
from contracts.languages import script_of
from ocr_node.engines import EngineName


def _hostname() -> str:
    # What a machine may be called and a subject may not hold becomes a hyphen.
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().partition(".")[0])[:48] or "node"


class Settings(BaseSettings):
    """Read once, at the start of a command, from the environment. See `load_settings`."""

    # Empty counts as not set, as shells and compose files have it.
    model_config = SettingsConfigDict(
        env_ignore_empty=True, frozen=True, extra="ignore", allow_inf_nan=False
    )

    nats_url: Annotated[str, Field(description="the broker; several addresses with commas")] = (
        "nats://127.0.0.1:4222"
    )
    nats_creds: Annotated[str, Field(description="a .creds file or nkey seed for the broker")] = ""
    nats_tls_ca: Annotated[
        Path | None,
        Field(
            description="certificate of the CA that signed the broker's, PEM; set, or with tls:// "
            "in NATS_URL, the broker is spoken to over TLS only"
        ),
    ] = None
    ocr_topology: Annotated[
        Literal["apply", "check"],
        Field(
            description="apply: services make streams as the settings say; check: they look only, "
            "and docr setup makes them"
        ),
    ] = "apply"
    nats_replicas: Annotated[
        int, Field(ge=1, le=5, description="copies of each stream; 3 on a cluster of brokers")
    ] = 1
    store_gb: Annotated[
        float,
        Field(
            ge=1,
            le=100_000,
            description="GB that all streams and buckets may take together, below max_file_store",
        ),
    ] = 24

    worker_name: Annotated[str, Field(description="this machine's name in results")] = Field(
        default_factory=_hostname, pattern=r"^[A-Za-z0-9_-]{1,48}$"
    )
    worker_host: Annotated[str, Field(description="address at which a node answers over HTTP")] = (
        "127.0.0.1"
    )
    worker_port: Annotated[
        int, Field(ge=0, le=65535, description="port at which a node answers over HTTP; 0: none")
    ] = 8001
    coordinator_host: Annotated[str, Field(description="address of the HTTP gateway")] = "127.0.0.1"
    coordinator_port: Annotated[
        int, Field(ge=0, le=65535, description="port of the HTTP gateway; 0: any that is free")
    ] = 8000
    ocr_api_keys: Annotated[
        SecretStr,
        Field(
            description="who may use the gateway: name:key, with commas; name is the tenant, "
            "and admin sees all jobs"
        ),
    ] = SecretStr("")
    ocr_auth: Annotated[
        Literal["keys", "off"],
        Field(description="off: no keys are asked for, wherever the gateway listens"),
    ] = "keys"
    ocr_secret_key: Annotated[
        SecretStr,
        Field(
            description="seals passwords of documents for gateways, ingest and aggregators: "
            "the same text of 16 characters or more for all; empty: documents with passwords "
            "are refused"
        ),
    ] = SecretStr("")
    sync_timeout_seconds: Annotated[
        float, Field(ge=0.1, le=3600, description="s that POST /ocr/... waits for a job's end")
    ] = 300
    max_upload_mb: Annotated[
        int, Field(ge=1, le=1_000_000, description="MB of a document that the gateway takes")
    ] = 1024
    max_pages_per_document: Annotated[
        int, Field(ge=1, le=10_000_000, description="pages of a document that ingest takes")
    ] = 20_000
    rate_jobs_per_minute: Annotated[
        int, Field(ge=0, le=1_000_000, description="jobs a minute and key at a gateway; 0: any")
    ] = 600
    rate_mb_per_minute: Annotated[
        int, Field(ge=0, le=1_000_000, description="MB a minute and key at a gateway; 0: any")
    ] = 6000
    cors_origins: Annotated[
        str, Field(description="web pages that may use the gateway: origins with commas, or *")
    ] = ""
    tls_cert_file: Annotated[
        Path | None, Field(description="certificate chain of the gateway, PEM; empty: plain HTTP")
    ] = None
    tls_key_file: Annotated[Path | None, Field(description="private key of the gateway, PEM")] = (
        None
    )
    idle_timeout_seconds: Annotated[
        float,
        Field(ge=1, le=3600, description="s without a byte after which the gateway hangs up"),
    ] = 30

    ocr_engine: Annotated[EngineName, Field(description="what reads the pages")] = "onnxruntime"
    ocr_model_dir: Annotated[
        Path | None,
        Field(
            description="folder with models *_det and *_rec, in place of or beside those of the "
            "install"
        ),
    ] = None
    ocr_language: Annotated[str, Field(description="language of documents that name none")] = "en"
    ocr_languages: Annotated[
        str,
        Field(description="languages that this machine reads, with commas; empty: all at hand"),
    ] = ""
    ocr_offline: Annotated[
        bool, Field(description="true: no model is ever fetched, whatever OCR_LANGUAGES names")
    ] = False
    ocr_eight_bits: Annotated[
        bool,
        Field(
            description="models in numbers of 8 bits where the processor is fast with them, "
            "engine onnxruntime only"
        ),
    ] = True
    ocr_cpu_threads: Annotated[
        int, Field(ge=0, le=256, description="threads of one engine; 0: cores shared evenly")
    ] = 0
    enable_mkldnn: Annotated[bool, Field(description="oneDNN, engine paddle only")] = True
    ocr_cache_dir: Annotated[Path, Field(description="where models are kept between starts")] = (
        Path("~/.cache/distributed-ocr")
    )
    ocr_echo_delay_ms: Annotated[
        int, Field(ge=0, le=3_600_000, description="ms that engine echo takes for a page")
    ] = 0
    ocr_echo_faults: Annotated[
        str, Field(description="faults of engine echo by page number: kill:3,hang:5,raise:7,eat:9")
    ] = ""

    default_dpi: Annotated[
        int, Field(ge=MIN_DPI, le=MAX_DPI, description="dots per inch at which PDFs are rendered")
    ] = 200
    max_retries: Annotated[
        int, Field(ge=1, le=100, description="attempts at a page, the first one included")
    ] = 3
    retry_delay_seconds: Annotated[
        float, Field(ge=0, le=3600, description="s before the second attempt; then doubling")
    ] = 2
    worker_request_timeout: Annotated[
        float, Field(ge=1, le=86_400, description="s for one page")
    ] = 120
    page_lease_seconds: Annotated[
        float,
        Field(ge=1, le=3600, description="s after which the page of a silent node goes to another"),
    ] = 30
    submission_lease_seconds: Annotated[
        float,
        Field(ge=1, le=3600, description="s until a silent ingest's document goes to another"),
    ] = 60
    stop_grace_seconds: Annotated[
        float,
        Field(ge=0, le=86_400, description="s that a stopped node may take to finish its page"),
    ] = 20
    job_deadline_seconds: Annotated[
        float,
        Field(ge=1, le=MAX_DEADLINE_S, description="s after which a job ends without what is left"),
    ] = 86_400
    pages_queued_per_job: Annotated[
        int,
        Field(ge=1, le=100_000, description="pages of one job in the queue; twice all engines"),
    ] = 96
    keep_uploads_days: Annotated[
        float, Field(gt=0, le=3650, description="days that a document waits in its bucket")
    ] = 7
    keep_outputs_days: Annotated[
        float, Field(gt=0, le=3650, description="days that the outputs of a job are kept")
    ] = 7
    keep_documents: Annotated[
        bool,
        Field(
            description="documents are kept for as long as their outputs, so that a searchable PDF "
            "can be made later; the same for every ingest and aggregator"
        ),
    ] = True
    keep_dead_pages_days: Annotated[
        float, Field(gt=0, le=3650, description="days that images of given-up pages are kept")
    ] = 7
    keep_summaries_days: Annotated[
        float, Field(gt=0, le=3650, description="days that the summary of a job is kept")
    ] = 30
    keep_readings_days: Annotated[
        float,
        Field(
            ge=0,
            le=3650,
            description="days that what a page said is kept, for pages of the same tenant with the "
            "same pixels and options; 0: each is read",
        ),
    ] = 0
    max_ram_gb: Annotated[
        float, Field(ge=1, le=100_000, description="GB that this machine's engines may take")
    ] = 22
    max_cpu_cores: Annotated[
        int, Field(ge=1, le=4096, description="cores that this machine's engines may use")
    ] = 12
    temp_dir: Annotated[Path, Field(description="folder for temporary files")] = Path(
        "/dev/shm/ocr_temp"  # noqa: S108 - a private folder is made in it
    )
    alive_file: Annotated[
        Path | None,
        Field(
            description="file that is touched every 10 s while a service's loop runs and the "
            "broker answers, for health checks of containers; empty: none"
        ),
    ] = None
    fail_points: Annotated[
        str, Field(description="for fault tests: where processes end themselves; see faults/")
    ] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        Field(description="debug, info, warning or error; default info, for docr run error"),
    ] = None

    @field_validator("ocr_language")
    @classmethod
    def _language_is_known(cls, language: str) -> str:
        try:
            script_of(language)
        except InvalidOption as wrong:
            raise InvalidOption(f"OCR_LANGUAGE is wrong: {wrong}") from None
        return language

    @field_validator("ocr_languages")
    @classmethod
    def _languages_are_known(cls, languages: str) -> str:
        names = [name for each in languages.split(",") if (name := each.strip())]
        for name in names:
            try:
                script_of(name)
            except InvalidOption as wrong:
                raise InvalidOption(f"OCR_LANGUAGES is wrong: {wrong}") from None
        return ",".join(names)

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of OCR_LANGUAGES."""
        return tuple(filter(None, self.ocr_languages.split(",")))

    @field_validator(
        "ocr_cache_dir",
        "temp_dir",
        "ocr_model_dir",
        "nats_tls_ca",
        "tls_cert_file",
        "tls_key_file",
        "alive_file",
    )
    @classmethod
    def _home_is_expanded(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path is not None else None


def load_settings(**overrides: Any) -> Settings:
    """The environment's settings, with what the command line says on top (None: nothing).

    What the environment does not name may stand in a file of that name in the folder SECRETS_DIR:
    so containers get their secrets. Raises: InvalidOption naming the setting, what it is and what
    it may be.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    secrets = os.environ.get("SECRETS_DIR") or None
    if secrets is not None and not Path(secrets).is_dir():
        raise InvalidOption(
            f"SECRETS_DIR names {secrets}, which is no folder; mount the secrets there, or leave "
            "it out"
        )
    try:
        return Settings(_secrets_dir=secrets, **given)
    except ValidationError as wrong:
        raise InvalidOption("; ".join(_sentence(error) for error in wrong.errors())) from None


_LIMITS: Final = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}"}
_KINDS: Final = {
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_parsing": "true or false",
    "string_pattern_mismatch": "1 to 48 letters, digits, hyphens and underscores",
}


def _sentence(error: Any) -> str:
    field = str(error["loc"][0])
    about = Settings.model_fields[field].description or ""
    context = error.get("ctx", {})
    limits = [text.format(context[name]) for name, text in _LIMITS.items() if name in context]
    if error["type"] == "literal_error":
        limits = [f"one of {context['expected'].replace(chr(39), '')}"]
    needs = limits[0] if limits else _KINDS.get(error["type"], error["msg"])
    return (
        f"{field.upper()} is {str(error['input'])[:80]!r}, but must be {needs} ({about}); "
        "correct it or leave it out"
    )
