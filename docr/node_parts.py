"""A node process as it is built from the settings: engines, and the face that it shows."""

import socket

from broker.connection import Broker
from broker.release import release
from contracts.api_keys import ApiKeys
from contracts.languages import LANGUAGES
from docr.capacity import Capacity
from docr.settings import Settings
from ocr_node.activity import Activity
from ocr_node.direct_reading import DirectReading
from ocr_node.disposition import RetryPolicy
from ocr_node.door import Door, DoorSettings
from ocr_node.engines import EngineSettings
from ocr_node.engines.echo import parse_faults
from ocr_node.reader import Limits, Reader
from ocr_node.self_report import NodeIdentity, SelfReport
from ocr_node.service import NodeService
from ocr_node.worker import Node, NodeSettings


def node_service(broker: Broker, settings: Settings, share: Capacity, *, door: bool) -> NodeService:
    """All engines of this machine. `door`: with the HTTP door that WORKER_PORT asks for.

    Raises: InvalidOption if OCR_ECHO_FAULTS or OCR_API_KEYS cannot be read.
    """
    parse_faults(settings.ocr_echo_faults)
    engine = EngineSettings(
        name=settings.ocr_engine,
        model_dir=settings.ocr_model_dir,
        cpu_threads=share.threads_per_node,
        enable_mkldnn=settings.enable_mkldnn,
        cache_dir=settings.ocr_cache_dir,
        echo_delay_ms=settings.ocr_echo_delay_ms,
        echo_faults=settings.ocr_echo_faults,
    )
    limits = Limits(
        page_timeout_s=settings.worker_request_timeout,
        memory_limit_bytes=share.memory_limit_bytes,
    )
    retry = RetryPolicy(
        max_attempts=settings.max_retries, first_delay_s=settings.retry_delay_seconds
    )
    names = [f"{settings.worker_name}-{number}" for number in range(1, share.nodes + 1)]
    readers = {name: Reader(worker=name, engine=engine, limits=limits) for name in names}
    activity = Activity()
    report = SelfReport(
        NodeIdentity(
            name=settings.worker_name,
            host=socket.gethostname(),
            version=release(),
            engine=settings.ocr_engine,
            engines=share.nodes,
            languages=tuple(sorted(LANGUAGES)),
        ),
        activity,
    )
    return NodeService(
        broker,
        nodes=[
            Node(
                broker,
                reader=reader,
                activity=activity,
                settings=NodeSettings(
                    name=name,
                    page_timeout_s=settings.worker_request_timeout,
                    retry=retry,
                    # Two renewals may be lost.
                    renew_every_s=settings.page_lease_seconds / 3,
                    stop_grace_s=settings.stop_grace_seconds,
                ),
            )
            for name, reader in readers.items()
        ],
        report=report,
        activity=activity,
        door=_door(settings, list(readers.values()), report, activity)
        if door and settings.worker_port
        else None,
    )


def _door(
    settings: Settings, readers: list[Reader], report: SelfReport, activity: Activity
) -> Door:
    return Door(
        DoorSettings(
            host=settings.worker_host,
            port=settings.worker_port,
            default_language=settings.ocr_language,
            keys=ApiKeys.parse(
                settings.ocr_api_keys.get_secret_value(), off=settings.ocr_auth == "off"
            ),
        ),
        reading=DirectReading(
            readers,
            activity=activity,
            dpi=settings.default_dpi,
            wait_s=settings.worker_request_timeout,
        ),
        report=report,
        activity=activity,
    )
