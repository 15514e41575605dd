"""NATS errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import nats.errors
import nats.js.errors

from contracts.errors import BrokerUnavailable, BrokerUnsuitable, StoreFull

# nats-server's error codes (server/errors.json).
WRONG_LAST_SEQUENCE: Final = 10071
# Of clusters: a message of the same subject, or of the same id, is being agreed upon, and may come
# to nothing if its leader dies. Neither stored nor refused.
_SUBJECT_IN_PROCESS: Final = 10164
_MESSAGE_ID_IN_PROCESS: Final = 10158
STREAM_FULL: Final = 10077
STORE_FULL: Final = 10023
# No message found; sequence not found; nothing to delete: three answers to one question.
MESSAGE_NOT_FOUND: Final = frozenset({10037, 10043, 10057})
STREAM_NAME_IN_USE: Final = 10058
STORAGE_NOT_GRANTED: Final = 10047
REPLICAS_NOT_SUPPORTED: Final = 10074
PURGE_FAILED: Final = 10051
# Of clusters: fewer servers are there than copies are wanted, as while they are started.
_NO_PEERS: Final = 10005

# What to do where a stream or consumer is missing; a node makes none that others can make.
MAKE_STREAMS: Final = "start an aggregator of this release, or run docr setup, which make it"
_IN_PROCESS: Final = frozenset({_SUBJECT_IN_PROCESS, _MESSAGE_ID_IN_PROCESS})
_FULL: Final = frozenset({STREAM_FULL, STORE_FULL})


@contextmanager
def in_our_words(doing: str) -> Iterator[None]:
    """Turns what NATS raises for want of room, or of a broker that can do it, into our errors.

    Raises: StoreFull, BrokerUnavailable, BrokerUnsuitable. Other errors pass: they are mistakes
    of ours.
    """
    try:
        yield
    except nats.js.errors.APIError as refused:
        if refused.err_code in _FULL:
            raise StoreFull(
                f"the broker has no room while {doing} ({refused.description}); "
                "it goes on by itself once pages are read"
            ) from refused
        if refused.err_code == STORAGE_NOT_GRANTED:
            raise BrokerUnsuitable(
                f"the broker does not grant the room asked for while {doing} "
                f"({refused.description}); lower STORE_GB, or raise max_file_store in "
                "nats-server.conf above it"
            ) from refused
        if refused.err_code == REPLICAS_NOT_SUPPORTED:
            raise BrokerUnsuitable(
                f"the broker has not as many servers as NATS_REPLICAS asks for "
                f"({refused.description}); lower it, or connect to a cluster"
            ) from refused
        if refused.err_code == _NO_PEERS:
            raise BrokerUnavailable(
                f"the brokers that are there cannot hold as many copies as NATS_REPLICAS asks for "
                f"({doing}: {refused.description}); start those that are away, or lower it"
            ) from refused
        if refused.err_code == STREAM_NAME_IN_USE:
            # A server that is coming up says first that a stream is not there, and then that it is.
            raise BrokerUnavailable(
                f"the broker is still putting its streams in order ({doing}); try again in a moment"
            ) from refused
        if refused.err_code == PURGE_FAILED:
            raise BrokerUnavailable(
                f"the broker could not remove messages while {doing} ({refused.description}); try "
                "again in a moment"
            ) from refused
        if refused.err_code in _IN_PROCESS:
            raise BrokerUnavailable(
                f"the brokers have not agreed yet on a message like this one ({doing}); try again "
                "in a moment"
            ) from refused
        # A 503 without a body is nats-py's ServiceUnavailableError, its code left empty.
        if refused.code == 503 or isinstance(refused, nats.js.errors.ServiceUnavailableError):
            # JetStream not (yet) ready, as after a restart
            raise BrokerUnavailable(
                f"the broker could not answer while {doing} "
                f"({refused.description or 'JetStream is not ready'})"
            ) from refused
        raise
    except nats.js.errors.NoStreamResponseError as missing:
        raise BrokerUnavailable(
            f"the broker has no stream yet for {doing}; try again in a moment if it has just been "
            f"started, else {MAKE_STREAMS}"
        ) from missing
    except (nats.errors.Error, OSError, TimeoutError) as broken:
        raise BrokerUnavailable(
            f"the broker did not answer while {doing} "
            f"({type(broken).__name__}); check that nats-server runs and NATS_URL is right"
        ) from broken
