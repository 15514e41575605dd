"""The command line: `docr`."""

import os
import sys

from contracts.errors import InvalidOption

# In the order of the help: each module adds its commands to the application.
# isort: off
from docr.cli import main_job, client, services, dead, operate, bench  # noqa: F401

# isort: on
from docr.cli.app import EXIT_FAILED, EXIT_USAGE, app
from docr.logs import configure_logging
from docr.stopping import Stopped
from docr.terminal import StdoutLost, say


def main() -> None:
    """What `docr.entry` calls: no traceback ever reaches a user."""
    # Until the settings are known. An error of theirs can be looked into as well.
    configure_logging("debug" if os.environ.get("LOG_LEVEL") == "debug" else "error")
    try:
        app()
    except InvalidOption as wrong:
        say(str(wrong))
        sys.exit(EXIT_USAGE)
    except Stopped as stopped:
        say("stopped before the end; no figures were written")  # a measurement, the rest says more
        sys.exit(stopped.exit_code)
    except StdoutLost as lost:
        if lost.is_worth_telling:
            say(str(lost))
        sys.exit(EXIT_FAILED)
    except Exception as wrong:
        from docr.sentences import sentences  # noqa: PLC0415

        for sentence in sentences(wrong):
            say(sentence)
        sys.exit(EXIT_FAILED)
