"""What `docr bench engine` found, as bars side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.engine_figures import SubjectFigures
from bench.engine_report import EngineReport
from bench.svg_panels import SvgPanels

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
    subjects = [each for each in report.subjects if each.name in report.figures]
    size = (3.2 * len(_PANELS), 0.8 + 0.45 * len(subjects))
    panels = SvgPanels(file, len(_PANELS), size=size, sharey=True)
    for axis, (title, form, value_of) in zip(panels.axes, _PANELS, strict=True):
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
    panels.axes[0].invert_yaxis()
    panels.save()
