"""What `docr bench fleet` found, as points over the number of nodes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.fleet.figures import Step
from bench.fleet.report import FleetReport
from bench.fleet.system import BROKER
from bench.svg_panels import SvgPanels

_Line = tuple[str, str, str, Callable[[Step], float | None]]  # name, colour, style, value
_BLUE, _GREEN, _ORANGE, _GREY = "#1f77b4", "#2ca02c", "#ff7f0e", "#b0b0b0"
_PANELS: Final[tuple[tuple[str, tuple[_Line, ...]], ...]] = (
    (
        "pages a second",
        (
            ("all nodes always busy", _GREY, "--", lambda step: step.plan.offered_pages_per_second),
            ("reached", _BLUE, "o-", lambda step: step.middle(lambda w: w.pages_per_second)),
        ),
    ),
    (
        "core-ms a page",
        (
            ("broker", _BLUE, "o-", lambda step: step.core_ms_a_page(BROKER)),
            (
                "ingest",
                _GREEN,
                "s-",
                lambda step: step.core_ms_a_page("ingest"),
            ),
            (
                "aggregator",
                _ORANGE,
                "^-",
                lambda step: step.core_ms_a_page("aggregator"),
            ),
        ),
    ),
    (
        "broker, nodes idle: cores",
        (("measured", _BLUE, "o-", lambda step: step.idle.share(BROKER)),),
    ),
    (
        "broker: MB resident",
        (
            ("nodes idle", _GREEN, "s-", lambda step: step.idle_memory_mb[BROKER]),
            ("under load", _BLUE, "o-", lambda step: step.memory_mb[BROKER]),
        ),
    ),
    (
        "s after a kill -9",
        (
            (
                "broker: pages flow",
                _BLUE,
                "o-",
                lambda step: step.recovery.broker.flows_s if step.recovery else None,
            ),
            (
                "a tenth of the nodes: last page",
                _ORANGE,
                "^-",
                lambda step: step.recovery.nodes.last_s if step.recovery else None,
            ),
        ),
    ),
)


def plot(report: FleetReport, file: Path) -> None:
    """Draws one panel for each question into an SVG file.

    Raises: InvalidOption if there is nothing to draw with.
    """
    panels = SvgPanels(file, len(_PANELS), size=(3.4 * len(_PANELS), 3.0))
    for axis, (title, lines) in zip(panels.axes, _PANELS, strict=True):
        for name, colour, style, value in lines:
            points = [(step.plan.nodes, value(step)) for step in report.steps]
            _draw(axis, [(x, y) for x, y in points if y is not None], name, colour, style)
        axis.set_xscale("log")
        axis.set_xlabel("simulated nodes")
        axis.set_title(title)
        axis.set_ylim(bottom=0)
        if len(lines) > 1:
            axis.legend(frameon=False, fontsize="small")
    panels.save(fonttype="none")


def _draw(axis: Any, points: list[tuple[int, float]], name: str, colour: str, style: str) -> None:
    axis.plot(
        [x for x, _ in points],
        [y for _, y in points],
        style,
        color=colour,
        label=name,
        markersize=4,
    )
