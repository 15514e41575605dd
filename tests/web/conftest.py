"""A running system with the real engine, and a browser over its page; both for all tests of a
module. Where there is no Chromium, or no Playwright, tests skip and say so."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.gateway.conftest import System
from tests.running_services import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium")
ALICE: Final = "alice-key-0123456789"
BOB: Final = "bob-key-0123456789"
KEYS: Final = f"alice:{ALICE},bob:{BOB}"


class WebSystem:
    """The services, and the address of a gateway of theirs."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.address = system.address_of(system.start("gateway"))


class FirmGateway:
    """Another gateway, which can be started again at the same address."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._port = str(free_port())
        self.address = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        self._process = self._system.start("gateway", COORDINATOR_PORT=self._port)

    def stop(self) -> None:
        self._system.stop(self._process)


def chromium_options() -> dict[str, Any]:
    """How Playwright is to start it."""
    # Chromium's own sandbox does not work for root, as containers and CI run it.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": CHROMIUM, "args": arguments}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSystem]:
    """Without keys."""
    system = System(tmp_path_factory.mktemp("web"))
    with system.broker, contextlib.ExitStack() as stack:
        stack.callback(system.stop)
        for service in ("ingest", "aggregator"):
            system.start(service)
        system.start("node", OCR_ENGINE="onnxruntime")
        yield WebSystem(system)


@pytest.fixture
def firm(web: WebSystem) -> Iterator[FirmGateway]:
    """Of the same system, for one test."""
    gateway = FirmGateway(web.system)
    yield gateway
    gateway.stop()


@pytest.fixture(scope="module")
def locked(web: WebSystem) -> str:
    """The address of a gateway of the same system that asks for a key."""
    return web.system.address_of(web.system.start("gateway", OCR_API_KEYS=KEYS))


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Chromium, headless."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium, or name one with CHROMIUM=path")
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_options())
        yield browser
        browser.close()


class Visit:
    """A page that must log no error, and break no rule of its policy."""

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", lambda told: self._told(told.type, told.text))

    def _told(self, kind: str, text: str) -> None:
        # What is away, or refused, the browser tells by itself.
        if kind == "error" and "Failed to load resource" not in text and "net::" not in text:
            self.troubles.append(text)


@pytest.fixture
def visit(browser: "Browser") -> Iterator[Visit]:
    """A browser of its own for each test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(20_000)
    visit = Visit(context)
    yield visit
    context.close()
    assert not visit.troubles
