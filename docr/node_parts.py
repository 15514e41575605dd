"""A node process as it is built from the settings: its engines (docr.engines), what has them work,
and the face that it shows."""

import socket

from broker.connection import Broker
from broker.release import release
from contracts.api_keys import ApiKeys
from contracts.languages import scripts_of
from docr.capacity import Capacity
from docr.engines import Engines, engines
from docr.settings import Settings
from ocr_node.activity import Activity
from ocr_node.direct_reading import DirectReading
from ocr_node.disposition import RetryPolicy
from ocr_node.door import Door, DoorSettings
from ocr_node.reader import Reader
from ocr_node.self_report import NodeIdentity, SelfReport
from ocr_node.service import NodeService
from ocr_node.worker import Node, NodeSettings


def node_service(
    broker: Broker, settings: Settings, share: Capacity, *, door: bool, of: Engines | None = None
) -> NodeService:
    """All engines of this machine. `door`: with the HTTP door that WORKER_PORT asks for. `of`:
    engines that load already.

    Raises: as `engines`; InvalidOption if OCR_API_KEYS cannot be read.
    """
    of = of or engines(settings, share)
    readers, languages = of.readers, of.languages
    retry = RetryPolicy(
        max_attempts=settings.max_retries, first_delay_s=settings.retry_delay_seconds
    )
    activity = Activity()
    report = SelfReport(
        NodeIdentity(
            name=settings.worker_name,
            host=socket.gethostname(),
            version=release(),
            engine=settings.ocr_engine,
            engines=share.nodes,
            languages=languages,
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
                    scripts=scripts_of(languages),
                    page_timeout_s=settings.worker_request_timeout,
                    retry=retry,
                    # Two renewals may be lost.
                    renew_every_s=settings.page_lease_seconds / 3,
                    reuses_readings=settings.keep_readings_days > 0,
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
