"""Subjects that take turns over the same files, so that a noisy machine slows all alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.page_images import PageImage
from bench.process_tree import Peak
from bench.running_subject import Reading, running
from bench.subjects import Subject
from contracts.errors import OcrError


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One subject that has read all files. `start_s` and `warm_up_s` stand apart."""

    reading: Reading
    peak: Peak
    start_s: float
    warm_up_s: float


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A peer's turn, and the turn of ours right before or after it."""

    ours: Turn
    peer: Turn


@dataclass(kw_only=True)
class Measured:
    """Turns of ours; for each peer by name one pair a round, or why there is none."""

    ours: list[Turn] = field(default_factory=list)
    pairs: dict[str, list[Pair]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """What is measured, and how.

    Only one subject is up at a time: together they would need more memory than most machines have.
    Each peer's turn stands next to one of ours, since a machine may be quick in one minute and slow
    in another; who is first changes from round to round.

    `memory_limit_bytes`: of one process. `tell` gets a sentence on each turn.
    """

    ours: Subject
    peers: Sequence[Subject]
    images: Sequence[PageImage]
    rounds: int
    language: str
    memory_limit_bytes: int
    tell: Callable[[str], None]

    async def run(self, after_round: Callable[[Measured], object]) -> Measured:
        """Raises: OcrError if our own engine cannot be started; a peer that cannot be is missing,
        with the reason."""
        measured = Measured()
        for number in range(self.rounds):
            self.tell(f"round {number + 1} of {self.rounds}")
            await self._round(number, measured)
            after_round(measured)
        return measured

    async def _round(self, number: int, measured: Measured) -> None:
        shift = number % len(self.peers) if self.peers else 0
        before = len(measured.ours)
        for peer in (*self.peers[shift:], *self.peers[:shift]):
            if peer.name in measured.missing:
                continue
            # In the first round the peer: if it is missing, ours is not measured for nothing.
            ours = await self._turn(self.ours) if number % 2 else None
            try:
                turn = await self._turn(peer)
            except OcrError as wrong:
                measured.missing[peer.name] = str(wrong)
                self.tell(f"{peer.title} is missing: {wrong}")
                continue
            ours = ours or await self._turn(self.ours)
            measured.ours.append(ours)
            measured.pairs.setdefault(peer.name, []).append(Pair(ours=ours, peer=turn))
        if len(measured.ours) == before:
            measured.ours.append(await self._turn(self.ours))

    async def _turn(self, subject: Subject) -> Turn:
        async with running(
            subject,
            first=self.images[0],
            language=self.language,
            memory_limit_bytes=self.memory_limit_bytes,
        ) as (up, memory):
            reading = await up.read(self.images)
            memory.look()
            pages = len(self.images)
            self.tell(
                f"{subject.title}: {reading.core_s / pages:.2f} core-s a page, "
                f"{reading.wall_s / pages:.2f} s a page, {memory.peak.tree_mb:.0f} MB"
            )
            return Turn(
                reading=reading, peak=memory.peak, start_s=up.start_s, warm_up_s=up.warm_up_s
            )
