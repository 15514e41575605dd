"""From turns to figures: medians over rounds, and each peer's ratio to ours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Final

from bench.page_images import PageImage
from bench.side_by_side import Measured, Pair, Turn
from bench.subjects import OURS
from bench.word_f1 import word_f1


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Median, least and most over rounds."""

    median: float
    min: float
    max: float


@dataclass(frozen=True, kw_only=True)
class FileFigures:
    """One file: medians over rounds. `word_f1`: None without a truth; `error`: the last one."""

    word_f1: float | None
    core_s: float
    wall_s: float
    error: str | None


@dataclass(frozen=True, kw_only=True)
class SubjectFigures:
    """One subject: core-seconds and seconds a page, MB. `word_f1`: the mean over files."""

    core_s: Spread
    wall_s: Spread
    peak_mb: Spread
    seen_mb: Spread
    process_mb: Spread
    start_s: Spread
    warm_up_s: Spread
    word_f1: float | None
    files: Mapping[str, FileFigures]


@dataclass(frozen=True, kw_only=True)
class Ratios:
    """What a peer takes for what ours takes 1, round by round; memory is that of the whole tree."""

    core_s: Spread
    wall_s: Spread
    peak_mb: Spread


_FIGURES: Final[dict[str, Callable[[Turn], float]]] = {
    "core_s": lambda turn: turn.reading.core_s / len(turn.reading.files),
    "wall_s": lambda turn: turn.reading.wall_s / len(turn.reading.files),
    "peak_mb": lambda turn: turn.peak.tree_mb,
    "seen_mb": lambda turn: turn.peak.seen_mb,
    "process_mb": lambda turn: turn.peak.process_mb,
    "start_s": lambda turn: turn.start_s,
    "warm_up_s": lambda turn: turn.warm_up_s,
}
_COMPARED: Final = ("core_s", "wall_s", "peak_mb")


def figures_of(measured: Measured, images: Sequence[PageImage]) -> dict[str, SubjectFigures]:
    """By subject."""
    turns = {OURS: measured.ours} | {
        name: [pair.peer for pair in pairs] for name, pairs in measured.pairs.items()
    }
    return {name: _subject(each, images) for name, each in turns.items() if each}


def ratios_of(measured: Measured) -> dict[str, Ratios]:
    """By peer."""
    return {
        name: Ratios(
            **{
                figure: spread([_ratio(pair, _FIGURES[figure]) for pair in pairs])
                for figure in _COMPARED
            }
        )
        for name, pairs in measured.pairs.items()
    }


def _ratio(pair: Pair, figure: Callable[[Turn], float]) -> float:
    # An engine that takes next to nothing (echo, in tests) still gives a number.
    return figure(pair.peer) / max(figure(pair.ours), 0.001)


def spread(values: Sequence[float]) -> Spread:
    return Spread(median=median(values), min=min(values), max=max(values))


def _subject(turns: Sequence[Turn], images: Sequence[PageImage]) -> SubjectFigures:
    files = {image.name: _file(turns, image) for image in images}
    scores = [each.word_f1 for each in files.values() if each.word_f1 is not None]
    return SubjectFigures(
        **{name: spread([figure(turn) for turn in turns]) for name, figure in _FIGURES.items()},
        word_f1=mean(scores) if scores else None,
        files=files,
    )


def _file(turns: Sequence[Turn], image: PageImage) -> FileFigures:
    reads = [turn.reading.files[image.name] for turn in turns]
    true = image.true_text
    return FileFigures(
        word_f1=None if true is None else median(word_f1(each.text, true) for each in reads),
        core_s=median(each.core_s for each in reads),
        wall_s=median(each.wall_s for each in reads),
        error=next((each.error for each in reversed(reads) if each.error), None),
    )
