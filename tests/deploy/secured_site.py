"""A broker as deploy/nats makes it, users by role and TLS, and every service as its role."""

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nats.aio.client import Client

from broker.connection import Broker, BrokerAddress
from tests.deploy.bare_client import bare_client
from tests.docr.commands import docr
from tests.gateway.conftest import System
from tests.nats_server import CONFIG, NatsServer
from tests.running_services import free_port

NATS = Path(__file__).parent.parent.parent / "deploy" / "nats"


class SecuredSite(System):
    """`system.start` as everywhere; here each service has its own credentials, and may only look at
    the topology."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.node_port = free_port()  # of a node that is given it as WORKER_PORT
        self.users, self.tls = folder / "users", folder / "tls"
        self.credentials("--tenant", "acme", "--tenant", "other")
        subprocess.run(
            [NATS / "make_ca.sh", self.tls, "broker", "127.0.0.1"], check=True, capture_output=True
        )
        for each in (CONFIG, NATS / "secure.conf", NATS / "tls.conf"):
            shutil.copy(each, folder)
        (folder / "users.conf").symlink_to(self.users / "users.conf")
        self.broker = NatsServer(
            folder / "broker",
            config=folder / "secure.conf",
            variables={
                "NATS_SERVER_NAME": "broker",
                "NATS_LISTEN": "127.0.0.1:4222",
                "NATS_TLS_CERT": f'"{self.tls / "broker.pem"}"',
                "NATS_TLS_KEY": f'"{self.tls / "broker.key"}"',
            },
        )

    @property
    def url(self) -> str:
        return self.broker.url.replace("nats://", "tls://")

    def credentials(self, *arguments: str) -> None:
        """`docr credentials` for the folder of this site's keys."""
        made = docr("credentials", "--out", str(self.users), *arguments, folder=self.folder)
        assert made.returncode == 0, made.stderr

    def seed(self, name: str) -> Path:
        return self.users / f"{name}.nk"

    def settings(self, user: str) -> dict[str, str]:
        """For a process that acts as that user."""
        return {
            "NATS_URL": self.url,
            "NATS_TLS_CA": str(self.tls / "ca.pem"),
            "NATS_CREDS": str(self.seed(user)),
            "OCR_TOPOLOGY": "check",
            "STORE_GB": "2",
            "PAGE_LEASE_SECONDS": "2",
            "SUBMISSION_LEASE_SECONDS": "2",
        }

    def start(self, command: str, **settings: str) -> "subprocess.Popen[bytes]":
        return super().start(command, **(self.settings(command) | settings))

    def running(self, command: str) -> "subprocess.Popen[bytes]":
        """The service of that name."""
        return next(
            each for each, own in self._services.values() if own.name.startswith(f"{command}-")
        )

    def docr(self, *arguments: str, user: str = "operator", **settings: str) -> Any:
        """A command as that user."""
        return docr(*arguments, folder=self.folder, **(self.settings(user) | settings))

    def address(self, user: str) -> BrokerAddress:
        """For a connection of ours."""
        return BrokerAddress(
            url=self.url, credentials=str(self.seed(user)), ca_file=self.tls / "ca.pem"
        )

    @asynccontextmanager
    async def broker_as(self, user: str) -> AsyncIterator[Broker]:
        """Our own connection as that user."""
        async with await Broker.connect(self.address(user), name="test") as broker:
            yield broker

    @asynccontextmanager
    async def as_user(
        self, user: str, *, seed: Path | None = None
    ) -> AsyncIterator[tuple[Client, list[str]]]:
        """A bare nats-py client, and what the broker has said against it."""
        trusted = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        async with bare_client(self.url, seed or self.seed(user), tls=trusted) as both:
            yield both
