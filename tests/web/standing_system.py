"""A running system for commands that look at its web page, where no fixture makes one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.gateway.conftest import System


@contextmanager
def standing_system() -> Iterator[System]:
    """A broker, an ingest and an aggregator; all that is started beside them ends with them."""
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder))
        with system.broker:
            try:
                for service in ("ingest", "aggregator"):
                    system.start(service)
                yield system
            finally:
                system.stop()
