"""Who may do what on a broker with users: each role's subjects, exactly those that it uses.

Each role has an account of its own, and what it may ask for is imported from the account of the
streams. Permissions in one account would not do: an answer goes to any subject that its asker
names, so whoever may ask for anything could have the server write into any stream.
"""

from dataclasses import dataclass
from typing import Final

from contracts import subjects, topology
from contracts.job_options import PRIORITIES
from contracts.languages import SCRIPTS

OPERATOR: Final = "operator"
READER: Final = "reader"

_UPLOADS: Final = f"OBJ_{topology.UPLOADS}"
_OUTPUTS: Final = f"OBJ_{topology.OUTPUTS}"
_IMAGES: Final = f"OBJ_{topology.PAGE_IMAGES}"
_JOBS: Final = f"KV_{topology.JOBS}"
_NODES: Final = f"KV_{topology.NODES}"


@dataclass(frozen=True, kw_only=True)
class Role:
    """A service, or a kind of client. `asks`: what it may publish to, requests and messages for
    streams. `hears`: what it may subscribe to. `answers`: requests that others may send to it.
    `streams` and `consumers` (stream, name): what it cannot work without."""

    name: str
    asks: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    consumers: tuple[tuple[str, str], ...] = ()


def _looks(*streams: str) -> tuple[str, ...]:
    return tuple(f"$JS.API.STREAM.INFO.{each}" for each in streams)


def _reads(*streams: str) -> tuple[str, ...]:
    """Any message of a stream, by its place or its subject."""
    return tuple(
        subject
        for each in streams
        for subject in (
            f"$JS.API.STREAM.MSG.GET.{each}",
            f"$JS.API.DIRECT.GET.{each}",
            f"$JS.API.DIRECT.GET.{each}.>",
        )
    )


def _removes(*streams: str) -> tuple[str, ...]:
    return tuple(
        subject
        for each in streams
        for subject in (f"$JS.API.STREAM.MSG.DELETE.{each}", f"$JS.API.STREAM.PURGE.{each}")
    )


def _purges(*streams: str) -> tuple[str, ...]:
    return tuple(f"$JS.API.STREAM.PURGE.{each}" for each in streams)


def _pulls(stream: str, consumer: str) -> tuple[str, ...]:
    return (
        f"$JS.API.CONSUMER.INFO.{stream}.{consumer}",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}",
        f"$JS.ACK.{stream}.>",
    )


def _puts(bucket: str) -> tuple[str, ...]:
    return (f"$O.{bucket}.C.*", f"$O.{bucket}.M.*")


def _is_service(*names: str) -> tuple[str, ...]:
    """What a NATS micro service answers so that it is found."""
    return (
        "$SRV.PING",
        "$SRV.INFO",
        "$SRV.STATS",
        *(f"$SRV.*.{name}" for name in names),
        *(f"$SRV.*.{name}.*" for name in names),
    )


_ANY: Final = ("$JS.API.INFO",)
# The stream of a subject: its name only.
_NAMES: Final = ("$JS.API.STREAM.NAMES",)
_KEEPS_JOBS: Final = (f"$KV.{topology.JOBS}.>", *_looks(_JOBS), *_reads(_JOBS), *_purges(_JOBS))
_TELLS: Final = (subjects.EVENT_LOG_ALL, f"$JS.API.DIRECT.GET.{topology.EVENTS}.>")
_SEES_NODES: Final = (*_looks(_NODES), f"$JS.API.DIRECT.GET.{_NODES}.>")
# What doors do: take documents, answer questions about jobs, end and delete them.
_IS_DOOR: Final = (
    *_ANY,
    *_NAMES,
    subjects.SUBMIT,
    f"$JS.API.STREAM.MSG.GET.{topology.SUBMIT}",
    *_puts(topology.UPLOADS),
    *_looks(_UPLOADS, _OUTPUTS, _IMAGES),
    *_reads(_UPLOADS, _OUTPUTS),
    *_removes(_UPLOADS, _OUTPUTS, _IMAGES),
    # Of a deleted job's dead pages: names are needed to remove them, contents are not.
    f"$JS.API.STREAM.MSG.GET.{_IMAGES}",
    *_KEEPS_JOBS,
    *_SEES_NODES,
    *_looks(
        topology.SUBMIT, topology.PAGES, topology.RESULTS, topology.SUMMARY, topology.DEAD_PAGES
    ),
    *_reads(topology.SUMMARY),
    *_purges(
        topology.PAGES, topology.RESULTS, topology.SUMMARY, topology.ENDINGS, topology.DEAD_PAGES
    ),
    f"$JS.API.DIRECT.GET.{topology.EVENTS}.>",
)
_DOOR_STREAMS: Final = (
    topology.SUBMIT,
    topology.PAGES,
    topology.SUMMARY,
    _UPLOADS,
    _OUTPUTS,
    _JOBS,
)

GATEWAY: Final = Role(
    name="gateway",
    asks=(
        *_IS_DOOR,
        subjects.MAKE_OUTPUT,
        # Given-up pages that people have read again at the web page.
        *_reads(topology.DEAD_PAGES, _IMAGES),
        subjects.PAGES_ALL,
        *_puts(topology.PAGE_IMAGES),
        # What its metrics tell of queues.
        *_looks(topology.DEAD, topology.EVENTS, topology.ENDINGS),
        f"$JS.API.STREAM.MSG.GET.{topology.PAGES}",
        f"$JS.API.CONSUMER.INFO.{topology.SUBMIT}.{topology.INGEST}",
        f"$JS.API.CONSUMER.INFO.{topology.PAGES}.*",
        # What a follower has missed.
        f"$JS.API.CONSUMER.CREATE.{topology.EVENTS}",
        f"$JS.API.CONSUMER.MSG.NEXT.{topology.EVENTS}.*",
        f"$JS.API.CONSUMER.DELETE.{topology.EVENTS}.*",
    ),
    hears=(subjects.EVENTS_ALL, subjects.DONE_ALL),
    streams=_DOOR_STREAMS,
)

INGEST: Final = Role(
    name="ingest",
    asks=(
        *_IS_DOOR,
        *_pulls(topology.SUBMIT, topology.INGEST),
        *_pulls(_UPLOADS, topology.UPLOADED),
        subjects.PAGES_ALL,
        f"$JS.API.STREAM.MSG.GET.{topology.PAGES}",
        "ocr.result.*.*",
        *_puts(topology.PAGE_IMAGES),
        f"$JS.API.DIRECT.GET.{_IMAGES}.>",
        *_TELLS,
    ),
    answers=(*_is_service("ocr-jobs"), "ocr.jobs.*"),
    streams=(*_DOOR_STREAMS, topology.RESULTS, _IMAGES),
    consumers=((topology.SUBMIT, topology.INGEST), (_UPLOADS, topology.UPLOADED)),
)

NODE: Final = Role(
    name="node",
    asks=(
        *_ANY,
        *_pulls(topology.PAGES, "*"),
        "ocr.result.*.*",
        "ocr.dead.*.*",
        subjects.READINGS_ALL,
        f"$JS.API.DIRECT.GET.{topology.READINGS}.{subjects.READINGS_ALL}",
        f"$KV.{topology.NODES}.*.*",
        f"$KV.{topology.JOBS}.*.returned.*.*",
        *_puts(topology.PAGE_IMAGES),
        *_reads(_IMAGES),
        *_removes(_IMAGES),
        # Whether a page has its result, and a job goes on: subjects, never contents.
        *_looks(topology.PAGES, topology.RESULTS, topology.DEAD_PAGES, _JOBS, _NODES, _IMAGES),
    ),
    answers=(*_is_service("ocr-node"), "ocr.node.*"),
    streams=(topology.PAGES, topology.RESULTS, topology.DEAD_PAGES, _JOBS, _IMAGES),
    consumers=tuple(
        (topology.PAGES, topology.page_consumer(priority, script))
        for priority in PRIORITIES
        for script in SCRIPTS
    ),
)

AGGREGATOR: Final = Role(
    name="aggregator",
    asks=(
        *_ANY,
        *_NAMES,
        f"$JS.API.CONSUMER.CREATE.{topology.RESULTS}",
        f"$JS.API.CONSUMER.MSG.NEXT.{topology.RESULTS}.*",
        "ocr.result.*.*",
        *_reads(topology.RESULTS, topology.DEAD_PAGES),
        subjects.SUMMARY_ALL,
        *_reads(topology.SUMMARY),
        subjects.ENDINGS_ALL,
        f"$JS.API.STREAM.MSG.GET.{topology.ENDINGS}",
        *_KEEPS_JOBS,
        *_puts(topology.OUTPUTS),
        *_reads(_OUTPUTS, _UPLOADS, _IMAGES),
        *_removes(_OUTPUTS, _UPLOADS, _IMAGES),
        *_puts(topology.PAGE_IMAGES),
        # What came back after a kill of the broker is removed, or published again.
        subjects.SUBMIT,
        subjects.PAGES_ALL,
        f"$JS.API.STREAM.MSG.GET.{topology.SUBMIT}",
        f"$JS.API.STREAM.MSG.GET.{topology.PAGES}",
        *_removes(topology.SUBMIT, topology.PAGES),
        f"$JS.API.CONSUMER.LIST.{topology.SUBMIT}",
        f"$JS.API.CONSUMER.LIST.{topology.PAGES}",
        *_pulls(topology.DEAD, topology.REAPER),
        "ocr.dead.*.*",
        *_purges(topology.RESULTS, topology.DEAD_PAGES),
        *_TELLS,
        *_looks(
            topology.SUBMIT,
            topology.PAGES,
            topology.RESULTS,
            topology.SUMMARY,
            topology.ENDINGS,
            topology.EVENTS,
            topology.DEAD,
            topology.DEAD_PAGES,
            _UPLOADS,
            _OUTPUTS,
            _IMAGES,
            _NODES,
        ),
        # A broker that was started again has forgotten what it had in memory.
        *(
            f"$JS.API.STREAM.{do}.{each}"
            for do in ("CREATE", "UPDATE")
            for each in (topology.EVENTS, _NODES)
        ),
    ),
    answers=(*_is_service("ocr-outputs"), subjects.MAKE_OUTPUT),
    streams=(
        *_DOOR_STREAMS,
        topology.RESULTS,
        topology.ENDINGS,
        topology.DEAD,
        topology.DEAD_PAGES,
        _IMAGES,
    ),
    consumers=((topology.DEAD, topology.REAPER),),
)

# Hands in documents over NATS, for any tenant: a header names it, which no permission sees.
SUBMITTER: Final = Role(
    name="submitter", asks=(subjects.SUBMIT, "ocr.jobs.submit", "ocr.jobs.seal")
)

SERVICES: Final = (GATEWAY, INGEST, NODE, AGGREGATOR)
ROLES: Final = (*SERVICES, SUBMITTER)
BY_NAME: Final = {role.name: role for role in ROLES}


def reader_hears(tenant: str) -> str:
    """All that a reader of a tenant may do: subscribe to this."""
    return subjects.done_of(tenant=tenant)
