"""`docr up`: the whole system on this machine, until it is stopped."""

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from contracts.errors import InvalidOption
from docr import services
from docr.capacity import Capacity, capacity
from docr.embedded_broker import embedded_broker
from docr.event_loop import run_on_quick_loop
from docr.logs import configure_logging
from docr.node_languages import have_models, reading_also
from docr.scratch import scratch_folder
from docr.secret_key import with_kept_key
from docr.settings import Settings, load_settings
from docr.store_room import StoreRoom
from docr.terminal import say
from tracing.exporting import exporting

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class UpPlan:
    """`data_dir`: where the broker keeps jobs, from one start to the next."""

    data_dir: Path
    port: int
    nats_port: int
    share: Capacity


def up_command(*, port: int | None, nats_port: int, nodes: int | None, data_dir: Path) -> None:
    """From the command line to a running system. Raises: as run_up; InvalidOption."""
    settings = load_settings()
    settings = reading_also(settings, settings.ocr_language)
    configure_logging(settings.log_level or "warning")
    plan = UpPlan(
        data_dir=data_dir.expanduser(),
        port=port if port is not None else settings.coordinator_port,
        nats_port=nats_port,
        share=capacity(settings, nodes=nodes),
    )
    with exporting("up", os.environ):
        run_on_quick_loop(run_up(plan, settings))


async def run_up(plan: UpPlan, settings: Settings) -> None:
    """Runs broker, gateway, ingest, nodes and aggregator until SIGINT or SIGTERM; what was
    accepted goes on at the next start.

    Raises: OcrError, perhaps in an ExceptionGroup, when it cannot go on.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # One that is ignored stays so: nohup, and jobs in the background of a script.
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _must_be_free("127.0.0.1", plan.nats_port, "the broker", "--nats-port")
    _must_be_free(settings.coordinator_host, plan.port, "the gateway", "--port")
    await have_models(settings)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(_own_folder(plan.data_dir))
        temp = stack.enter_context(scratch_folder(settings.temp_dir, setting="TEMP_DIR"))
        settings = with_kept_key(settings, store)
        room = StoreRoom.on_disk(settings, store)
        async with (
            embedded_broker(store, port=plan.nats_port) as url,
            services.connected(settings, name="docr up", url=url, room=room) as broker,
        ):
            work = [
                services.gateway(broker, settings, folder=temp, port=plan.port),
                services.ingest(broker, settings, folder=temp),
                services.aggregator(broker, settings, folder=temp),
                *services.nodes(broker, settings, plan.share),
            ]
            log.info("service started", service="up", broker=url, data_dir=str(plan.data_dir))
            say(
                f"broker {url}, gateway on port {plan.port} (open it in a browser; its "
                "/docs say how programs use it), "
                f"{_engines(plan.share.nodes)}; Ctrl-C stops, and what is unfinished goes on at "
                "the next start"
            )
            await services.run_until_stopped(broker, work, stop)
    log.info("service stopped", service="up")


def _engines(count: int) -> str:
    return "1 engine" if count == 1 else f"{count} engines"


def _must_be_free(host: str, port: int, who: str, option: str) -> None:
    """Raises: InvalidOption if `who` could not listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as wrong:
            raise InvalidOption(
                f"{who} cannot listen on {host}:{port} ({wrong.strerror}); is another one, or "
                f"another 'docr up', running? Name another port with {option}"
            ) from wrong


@contextlib.contextmanager
def _own_folder(folder: Path) -> Iterator[Path]:
    """The folder, made if it is missing, and nobody else's meanwhile. Raises: InvalidOption."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as wrong:
        raise InvalidOption(
            f"the data folder {folder} cannot be used ({wrong.strerror}); name another one with "
            "--data-dir"
        ) from wrong
    try:
        try:
            # Two brokers in one store would destroy it.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidOption(
                f"another 'docr up' uses {folder}; stop it, or name another folder with --data-dir"
            ) from None
        # Left by a server that was killed: the next one may get its process id.
        for stale in folder.glob("nats-server_*.ports"):
            stale.unlink(missing_ok=True)
        yield folder
    finally:
        os.close(lock)
