"""What a measured piece of work took."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Core seconds of a whole process tree, and s of wall time."""

    core_s: float
    wall_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.1f} s ({self.core_s:.1f} core-s)"


NOTHING: Final = Taken(core_s=0.0, wall_s=0.0)
