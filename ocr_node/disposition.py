"""What becomes of a page after an attempt: a pure decision, made from the outcome alone."""

from dataclasses import dataclass
from typing import Final

# Redelivery further apart than this helps nobody who waits for a page.
_LONGEST_DELAY_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Read:
    """The engine read the page."""


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The attempt failed. `permanent`: another one would fail the same way."""

    reason: str
    permanent: bool


Outcome = Read | Failed


@dataclass(frozen=True, kw_only=True)
class Finish:
    """Publish the result, then ack."""


@dataclass(frozen=True, kw_only=True)
class TryAgain:
    """Back to the queue."""

    delay_s: float


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """Publish a failed result with this reason, then term."""

    reason: str


Disposition = Finish | TryAgain | GiveUp


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """`max_attempts` counts the first one too (setting MAX_RETRIES, the queue's max_deliver)."""

    max_attempts: int = 3
    first_delay_s: float = 2.0


def may_begin(*, attempt: int, policy: RetryPolicy) -> bool:
    """Whether attempt number `attempt` (from 1) may begin. It may not when those before it ended
    with their nodes, so that nobody was there to decide."""
    return attempt <= policy.max_attempts


def decide(outcome: Outcome, *, attempt: int, policy: RetryPolicy) -> Disposition:
    """The end of attempt number `attempt` (from 1). Delays double from attempt to attempt."""
    match outcome:
        case Read():
            return Finish()
        case Failed(reason=reason, permanent=True):
            return GiveUp(reason=reason)
        case Failed(reason=reason) if attempt >= policy.max_attempts:
            tries = "1 attempt" if attempt == 1 else f"{attempt} attempts"
            return GiveUp(reason=f"given up after {tries}: {reason}")
        case Failed():
            # The exponent is bounded too: 2.0 ** 1024 would overflow.
            delay_s = policy.first_delay_s * 2.0 ** min(attempt - 1, 16)
            return TryAgain(delay_s=min(delay_s, _LONGEST_DELAY_S))
