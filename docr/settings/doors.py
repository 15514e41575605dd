"""Where the system answers, and to whom."""

import re
import socket
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


def _hostname() -> str:
    # What a machine may be called and a subject may not hold becomes a hyphen.
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().partition(".")[0])[:48] or "node"


class DoorSettings(BaseSettings):
    """Where the system answers, and to whom."""

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
