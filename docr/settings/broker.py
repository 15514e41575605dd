"""The broker, and what may stand in it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class BrokerSettings(BaseSettings):
    """The broker, and what may stand in it."""

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
