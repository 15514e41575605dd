"""Panels side by side in an SVG file, as the benches draw them."""

from pathlib import Path
from typing import Any

from contracts.errors import InvalidOption


class SvgPanels:
    """`axes` of matplotlib, one for each panel, in a figure of `size`, inches."""

    def __init__(
        self, file: Path, count: int, *, size: tuple[float, float], sharey: bool = False
    ) -> None:
        """Raises: InvalidOption if there is nothing to draw with."""
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
        self._mpl = mpl
        self._file = file
        self._figure = Figure(figsize=size, layout="constrained")
        self.axes: Any = self._figure.subplots(1, count, sharey=sharey, squeeze=False)[0]
        for axis in self.axes:
            for side in ("top", "right"):
                axis.spines[side].set_visible(False)

    def save(self, *, fonttype: str = "path") -> None:
        """`fonttype`: "none" keeps letters as letters, which is a tenth of the bytes."""
        with self._mpl.rc_context({"svg.fonttype": fonttype}):
            self._figure.savefig(self._file, metadata={"Date": None})
