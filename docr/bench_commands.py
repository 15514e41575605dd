"""What is started to be measured: this install, and the broker that it would start."""

import sys
from pathlib import Path

from bench.pipeline.fleet import Commands
from docr.server_binary import SERVER_ENVIRONMENT, find_config, find_server


async def measured_commands() -> Commands:
    """Raises: BrokerUnsuitable."""
    return Commands(
        server=[str(await find_server()), "-c", str(find_config())],
        docr=str(Path(sys.executable).parent / "docr"),
        server_environment=SERVER_ENVIRONMENT,
    )
