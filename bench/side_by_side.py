"""Subjects that take turns over the same files, so that a noisy machine slows all alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.page_images import PageImage
from bench.process_tree import Peak
from bench.running_subject import Reading, running
from bench.subjects import OURS, Subject
from contracts.errors import OcrError


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One subject in one round, with all files read. `start_s` and `warm_up_s` stand apart."""

    reading: Reading
    peak: Peak
    start_s: float
    warm_up_s: float


@dataclass(kw_only=True)
class Measured:
    """The turns of each subject by its name, one a round; and why others have none."""

    turns: dict[str, list[Turn]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


async def side_by_side(
    subjects: Sequence[Subject],
    images: Sequence[PageImage],
    *,
    rounds: int,
    language: str,
    memory_limit_bytes: int,
    tell: Callable[[str], None],
    after_round: Callable[[Measured], object],
) -> Measured:
    """Each subject reads all `images` once a round. Only one is up at a time: together they would
    need more memory than most machines have. Every round begins with another one.

    `tell` gets a sentence on each turn. Raises: OcrError if our own engine cannot be started; a
    peer that cannot be is missing, with the reason.
    """
    measured = Measured()
    for number in range(rounds):
        shift = number % len(subjects)
        for subject in (*subjects[shift:], *subjects[:shift]):
            if subject.name in measured.missing:
                continue
            try:
                turn = await _turn(subject, images, language, memory_limit_bytes)
            except OcrError as wrong:
                if subject.name == OURS:
                    raise
                measured.missing[subject.name] = str(wrong)
                tell(f"{subject.title} is missing: {wrong}")
                continue
            measured.turns.setdefault(subject.name, []).append(turn)
            pages = len(images)
            tell(
                f"round {number + 1} of {rounds}, {subject.title}: "
                f"{turn.reading.core_s / pages:.2f} core-s a page, "
                f"{turn.reading.wall_s / pages:.2f} s a page, {turn.peak.tree_mb:.0f} MB"
            )
        after_round(measured)
    return measured


async def _turn(
    subject: Subject, images: Sequence[PageImage], language: str, memory_limit_bytes: int
) -> Turn:
    async with running(
        subject, first=images[0], language=language, memory_limit_bytes=memory_limit_bytes
    ) as (up, memory):
        reading = await up.read(images)
        memory.look()
        return Turn(reading=reading, peak=memory.peak, start_s=up.start_s, warm_up_s=up.warm_up_s)
