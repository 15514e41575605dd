"""The figures of a run: jobs, pages, lost, doubled. Pure arithmetic over the evidence."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from contracts import topology
from tests.chaos.checker import exhausted_pages
from tests.chaos.evidence import Evidence
from tests.chaos.paper import Expected


@dataclass(frozen=True, kw_only=True)
class Totals:
    """`lost`: jobs without a summary, and pages without a place in one. `doubled`: summaries,
    endings and places of pages over one. `exhausted_pages`: failed after MAX_RETRIES attempts.
    `leftovers`: what lies in buckets until their ttl removes it."""

    jobs: int
    pages: int
    lost: int
    doubled: int
    exhausted_pages: int
    pages_tried_again: int
    statuses: dict[str, int]
    leftovers: dict[str, int]


def totals(evidence: Evidence, wanted: Mapping[str, Expected]) -> Totals:
    """Adds up."""
    pages = [
        (job_id, page["page_number"], page)
        for job_id, output in evidence.outputs.items()
        for page in output.result.get("results", [])
    ]
    counted = Counter((job_id, number) for job_id, number, _ in pages)
    cancelled = {
        job_id
        for job_id, each in evidence.summaries.items()
        if wanted[job_id].may_be_cancelled and each[0].status == "cancelled"
    }
    wanted_pages = {
        (job_id, number)
        for job_id in evidence.accepted - cancelled
        for number in wanted[job_id].pages
    } | {place for place in counted if place[0] in cancelled}
    named = {
        name
        for each in evidence.summaries.values()
        if each[0].outputs is not None
        for name in each[0].outputs.names()
    }
    return Totals(
        jobs=len(evidence.accepted),
        pages=len(wanted_pages),
        lost=len(evidence.accepted - evidence.summaries.keys())
        + len(wanted_pages - counted.keys()),
        doubled=sum(count - 1 for count in counted.values())
        + sum(len(each) - 1 for each in evidence.summaries.values())
        + sum(count - 1 for count in evidence.endings.values()),
        exhausted_pages=exhausted_pages(evidence),
        pages_tried_again=sum(page["attempts"] > 1 for *_, page in pages),
        statuses=dict(Counter(each[0].status for each in evidence.summaries.values())),
        leftovers={
            "outputs that no summary names": len(
                set(evidence.buckets[topology.OUTPUTS].objects) - named
            ),
            "page images": sum(
                "/page-" in name for name in evidence.buckets[topology.PAGE_IMAGES].objects
            ),
            "documents beside those that are kept": sum(
                not name.endswith("/document")
                for name in evidence.buckets[topology.UPLOADS].objects
            ),
            "chunks without a name": sum(
                bucket.nameless_chunks for bucket in evidence.buckets.values()
            ),
        },
    )
