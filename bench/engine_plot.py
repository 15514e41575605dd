"""What `docr bench engine` found, as bars side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.engine_figures import SubjectFigures
from bench.engine_report import EngineReport
from contracts.errors import InvalidOption

_OURS: Final = "#1f77b4"
_PEERS: Final = "#b0b0b0"
_PANELS: Final[tuple[tuple[str, str, Callable[[SubjectFigures], float | None]], ...]] = (
    ("core-seconds a page", "{:.2f}", lambda found: found.core_s.median),
    ("seconds a page", "{:.2f}", lambda found: found.wall_s.median),
    ("peak memory, MB", "{:.0f}", lambda found: found.peak_mb.median),
    ("word F1", "{:.3f}", lambda found: found.word_f1),
)


def plot(report: EngineReport, file: Path) -> None:
    """Draws one panel for each figure, one bar for each subject, into an SVG file.

    Raises: InvalidOption if there is nothing to draw with.
    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise InvalidOption(
            f"{file.name} is not drawn, since matplotlib is missing; "
            "run 'pip install distributed-ocr[bench]'"
        ) from None
    # The same figures make the same file.
    mpl.rcParams["svg.hashsalt"] = "docr"
    subjects = [each for each in report.subjects if each.name in report.figures]
    figure = Figure(figsize=(3.2 * len(_PANELS), 0.8 + 0.45 * len(subjects)), layout="constrained")
    axes = figure.subplots(1, len(_PANELS), sharey=True, squeeze=False)[0]
    for axis, (title, form, value_of) in zip(axes, _PANELS, strict=True):
        values = [value_of(report.figures[each.name]) for each in subjects]
        bars = axis.barh(
            [each.title for each in subjects],
            [value or 0.0 for value in values],
            color=[_PEERS if number else _OURS for number in range(len(subjects))],
        )
        labels = ["-" if value is None else form.format(value) for value in values]
        axis.bar_label(bars, labels=labels, padding=3)
        axis.margins(x=0.25)
        axis.set_title(title)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    axes[0].invert_yaxis()
    figure.savefig(file, metadata={"Date": None})
