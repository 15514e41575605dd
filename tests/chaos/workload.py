"""Which jobs a seed hands in, and when: pure, so that a seed replays."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from contracts.job_options import JobOptions
from contracts.page_ranges import PageRanges

Kind = Literal[
    "pdf",
    "selection",  # some pages of a PDF
    "picture",
    "frames",  # a TIFF of several pages
    "large_pdf",  # over 1 MB: by the bucket, through the door that does so
    "large_picture",
    "huge_picture",  # over the message limit: its page image goes by the bucket too
    "bad_page",  # one page of a PDF cannot be rendered
    "bad",  # no document at all, damaged, encrypted, or asked for pages that it does not have
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# How often each kind stands in a deck of 40; a deck is dealt out before the next one is shuffled.
_DECK: Final[dict[Kind, int]] = {
    "pdf": 22, "selection": 4, "picture": 4, "frames": 2, "large_pdf": 2, "large_picture": 1,
    "huge_picture": 1, "bad_page": 1, "bad": 3,
}  # fmt: skip
Flaw = Literal["empty", "text", "cut_off", "encrypted", "damaged_picture", "no_such_page"]
FLAWS: Final[tuple[Flaw, ...]] = get_args(Flaw)
MAX_PAGES: Final = 200
DPI: Final = 72  # rendering is not what is tested
# Part of the submitters die before they hear an answer, and try again under the same job id, ...
_IMPATIENT_SHARE: Final = 0.1
# ... part of them hand in twice, by two doors, and the system must know it for one job.
_REPEAT_SHARE: Final = 0.15
# ... and part of the jobs are cancelled, soon or after their end.
_CANCEL_SHARE: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class PlannedJob:
    """A job to hand in `at_s` after the start. `pages`: of the document.

    `gives_up_after_s`: how soon the first try at handing it in is abandoned, if at all.
    `repeats`: further times at which it is handed in: s after `at_s`, and the door.
    `cancelled_after_s`: when somebody asks for its end, s after its acceptance, if at all.
    """

    job_id: str
    at_s: float
    door: str
    kind: Kind
    pages: int
    options: JobOptions
    flaw: Flaw | None = None
    gives_up_after_s: float | None = None
    repeats: tuple[tuple[float, str], ...] = ()
    cancelled_after_s: float | None = None


def plan_jobs(
    seed: int, *, lasts_s: float, every_s: float, doors: Sequence[str], large_doors: Sequence[str]
) -> list[PlannedJob]:
    """Jobs with gaps of `every_s` in the mean. `large_doors` take more than a message can hold."""
    dice = random.Random(f"jobs {seed}")  # noqa: S311 - a seed must replay
    jobs: list[PlannedJob] = []
    deck: list[Kind] = []
    at_s = 0.0
    while at_s < lasts_s:
        if not deck:
            deck = [kind for kind, count in _DECK.items() for _ in range(count)]
            dice.shuffle(deck)
        kind = deck.pop()
        open_doors = list(large_doors) if kind == "huge_picture" else list(doors)
        job_id = f"s{seed}-{len(jobs) + 1:05d}"
        jobs.append(_job(dice, job_id=job_id, at_s=at_s, kind=kind, doors=open_doors))
        at_s += dice.expovariate(1 / every_s)
    return jobs


def _job(
    dice: random.Random, *, job_id: str, at_s: float, kind: Kind, doors: Sequence[str]
) -> PlannedJob:
    pages = _page_count(dice, kind)
    flaw = dice.choice(FLAWS) if kind == "bad" else None
    if flaw == "no_such_page":
        selection = PageRanges.parse(f"{pages + 1}")
    elif kind == "selection":
        first = dice.randint(1, pages)
        last = dice.randint(first, pages)
        selection = PageRanges.parse(f"{first}-{last},{dice.randint(1, pages)}")
    else:
        selection = PageRanges()
    return PlannedJob(
        job_id=job_id,
        at_s=round(at_s, 3),
        door=dice.choice(doors),
        kind=kind,
        pages=pages,
        options=JobOptions(
            dpi=DPI,
            pages=selection,
            language=dice.choice(("en", "en", "en", "de", "ch")),
            priority=dice.choice(("bulk", "bulk", "bulk", "interactive")),
            tenant=dice.choice(("default", "blue", "green")),
        ),
        flaw=flaw,
        gives_up_after_s=(
            round(dice.uniform(0.001, 0.4), 4) if dice.random() < _IMPATIENT_SHARE else None
        ),
        repeats=(
            ((round(dice.choice((0.0, 0.2, 3.0, 30.0)) * dice.random(), 3), dice.choice(doors)),)
            if dice.random() < _REPEAT_SHARE
            else ()
        ),
        cancelled_after_s=(
            round(dice.choice((0.0, 1.0, 5.0, 20.0)) * dice.random(), 3)
            if kind != "bad" and dice.random() < _CANCEL_SHARE
            else None
        ),
    )


def _page_count(dice: random.Random, kind: Kind) -> int:
    match kind:
        case "picture" | "large_picture" | "huge_picture":
            return 1
        case "frames":
            return dice.randint(2, 6)
        case "bad" | "bad_page":
            return dice.randint(2, 10)
        case "pdf" | "selection" | "large_pdf":
            # As many of 1 to 10 pages as of 20 to 200.
            return min(MAX_PAGES, int((MAX_PAGES + 1) ** dice.random()))
