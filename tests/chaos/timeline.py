"""When work got on, and how long it stood still: pure arithmetic over moments of a run."""

import bisect
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """`progress_s`: when pages and jobs ended, sorted. `accepted_s`, `ended_s`: by job id; an end
    that nobody heard is missing, and its job is then left out of every question."""

    progress_s: Sequence[float]
    accepted_s: Mapping[str, float]
    ended_s: Mapping[str, float]

    def recovery_s(self, lifted_s: float) -> float | None:
        """From a moment to the next page or job that ended; None if there was nothing to do."""
        place = bisect.bisect_left(self.progress_s, lifted_s)
        if place == len(self.progress_s):
            return None
        next_s = self.progress_s[place]
        return next_s - lifted_s if self._work_throughout(lifted_s, next_s) else None

    def without_service_s(self, began_s: float, lifted_s: float) -> float | None:
        """The longest time without a page or job that ended, of those that a fault had part in,
        counted from its beginning; None if there was nothing to do."""
        first = bisect.bisect_right(self.progress_s, began_s)
        last = bisect.bisect_left(self.progress_s, lifted_s)
        moments = (began_s, *self.progress_s[first : last + 1])
        return max(
            (
                after - before
                for before, after in itertools.pairwise(moments)
                if self._work_throughout(before, after)
            ),
            default=None,
        )

    def longest_silence_s(self) -> float:
        """The longest time between two pages or jobs that ended, with a job open all the time."""
        return max(
            (
                after - before
                for before, after in itertools.pairwise(self.progress_s)
                if self._work_throughout(before, after)
            ),
            default=0.0,
        )

    def _work_throughout(self, from_s: float, to_s: float) -> bool:
        return any(
            accepted <= from_s and self.ended_s.get(job_id, -1.0) >= to_s
            for job_id, accepted in self.accepted_s.items()
        )
