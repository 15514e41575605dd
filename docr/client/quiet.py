"""The system's own log inside somebody else's program."""

import logging
import sys

import structlog


def be_quiet() -> None:
    """Has only errors logged, on stderr, unless the program has set up structlog itself: its
    default would write every lost connection to stdout."""
    if not structlog.is_configured():
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            cache_logger_on_first_use=False,
        )
