"""What is told while it is done, and what is left to say at the end."""

import sys
import threading
from collections import Counter
from typing import Final

from deploy.rollout.wrong import StepFailed

_NAME_WIDTH: Final = 16
_STEP_WIDTH: Final = 12


class Account:
    """Keeps count of what was done; lines of several threads do not mix."""

    def __init__(self, *, check: bool) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._changed: Counter[str] = Counter()
        self.failures: list[StepFailed] = []

    @property
    def changes(self) -> int:
        """Steps that changed something, or would."""
        return sum(self._changed.values())

    def say(self, text: str) -> None:
        """A line of its own."""
        with self._lock:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def line(self, host: str, step: str, text: str) -> None:
        """What happens on a host."""
        self.say(f"{host:<{_NAME_WIDTH}} {step:<{_STEP_WIDTH}} {text}".rstrip())

    def fits(self, host: str, step: str) -> None:
        """Nothing was to be done."""
        self.line(host, step, "as it should be")

    def changed(self, host: str, step: str, what: str, took_s: float) -> None:
        """Something was done."""
        self._changed[host] += 1
        self.line(host, step, f"done in {took_s:.1f} s: {what}")

    def would_change(self, host: str, step: str, what: str) -> None:
        """With --check."""
        self._changed[host] += 1
        self.line(host, step, f"would do: {what}")

    def failed(self, failure: StepFailed) -> None:
        """Told at once, and again in short at the end."""
        with self._lock:
            self.failures.append(failure)
        self.line(failure.host, failure.step, "FAILED")
        for each in failure.lines:
            self.say(f"    | {each}")
        self.say(f"    What to do: {failure.remedy}")

    def close(self, took_s: float) -> None:
        """The last lines."""
        if self.changes:
            does = "would change" if self._check else "changed"
            self.say(f"{self.changes} steps {does} something on {len(self._changed)} hosts.")
        elif not self.failures:
            self.say("Nothing had to be changed.")
        for each in self.failures:
            self.say(f"FAILED on {each.host}: {each.step}. {each.remedy}")
        self.say(f"{'Failed' if self.failures else 'Done, all is well,'} after {took_s:.1f} s.")
