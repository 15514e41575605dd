"""What every test may ask for: a broker of its own, and a check that it leaves nothing behind."""

import asyncio
import inspect
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import pytest
import structlog
from hypothesis import settings

from broker.apply_topology import apply_topology
from broker.connection import Broker, BrokerAddress
from contracts.topology import MIB, TopologySettings, topology
from tests.nats_server import NatsServer
from tests.processes import children_of
from tests.running_services import Start, running_services
from tests.waiting import block_until, wait_until

# The same examples in every run: a red build can be repeated, and no deadline fails a busy machine.
settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

# Small enough for any disk; leases so short that their end can be waited for.
SMALL_TOPOLOGY: Final = TopologySettings(
    store_bytes=2048 * MIB, page_ack_wait_s=2.0, submit_ack_wait_s=2.0
)


# Whose files take longest, a minute and more: they begin first, since the last one to begin is
# waited for by workers that have nothing left to do.
_LONGEST: Final = ("tests/chaos/", "tests/web/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest first; all else stays in the order of names."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """The server that all tests of one xdist worker share."""
    with NatsServer(tmp_path_factory.mktemp("nats") / "server") as server:
        yield server


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An OCR_CACHE_DIR that all tests of a run share, on all workers: fitting models takes
    seconds. What looks at the fitting itself takes a folder of its own."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "models"


@pytest.fixture
def broker_url(nats_server: NatsServer) -> str:
    return nats_server.url


@pytest.fixture
def topology_settings(request: pytest.FixtureRequest) -> TopologySettings:
    """Settings that `broker` applies. For others:
    `@pytest.mark.parametrize("topology_settings", [replace(SMALL_TOPOLOGY, ...)], indirect=True)`.
    """
    given: TopologySettings = getattr(request, "param", SMALL_TOPOLOGY)
    return given


@pytest.fixture
async def connect(broker_url: str) -> AsyncIterator[Callable[[], Awaitable[Broker]]]:
    """Opens connections, and closes them after the test."""
    async with AsyncExitStack() as stack:

        async def one_more() -> Broker:
            address = BrokerAddress(url=broker_url)
            return await stack.enter_async_context(await Broker.connect(address, name="test"))

        yield one_more


@pytest.fixture
async def empty_broker(connect: Callable[[], Awaitable[Broker]]) -> Broker:
    """A connection to a server without any stream: what tests before left is gone."""
    broker = await connect()
    for stream in await broker.jetstream.streams_info():
        await broker.jetstream.delete_stream(stream.config.name or "")
    return broker


@pytest.fixture
async def broker(empty_broker: Broker, topology_settings: TopologySettings) -> Broker:
    """A connection to a server with the project's topology, and nothing in it."""
    await apply_topology(empty_broker, topology(topology_settings))
    return empty_broker


@pytest.fixture
async def start(tmp_path: Path, broker: Broker, broker_url: str) -> AsyncIterator[Start]:
    """Starts services against the test's broker (see tests.running_services)."""
    (tmp_path / "services").mkdir()
    async with running_services(tmp_path / "services", broker_url) as one:
        yield one


@pytest.fixture(autouse=True)
def logging_is_put_back() -> Iterator[None]:
    """What a test makes of logging, as the Python client does, is not the next one's."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a process, or an asyncio task, running."""
    if inspect.iscoroutinefunction(request.function):
        request.getfixturevalue("no_task_is_left_behind")
    before = children_of(os.getpid())
    yield
    block_until(
        lambda: children_of(os.getpid()) <= before, "the test's child processes to be gone", 2.0
    )


@pytest.fixture
async def no_task_is_left_behind() -> AsyncIterator[None]:
    yield
    current = asyncio.current_task()
    await wait_until(
        lambda: asyncio.all_tasks() <= {current}, "the test's asyncio tasks to have ended", 2.0
    )
