"""Which languages the fleet reads: what doors ask before they take a document."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from broker.connection import Broker
from broker.fleet import Fleet
from contracts.errors import LanguageUnavailable
from contracts.fleet import FleetStatus
from contracts.languages import LANGUAGES, script_of, scripts_of

# A door is asked for every document, and nodes come and go seldom.
_FRESH_S: Final = 5.0
# So long an answer may be wrong that the next node changes: there is none, or none that reads it.
_UNSURE_S: Final = 1.0


class ServedLanguages:
    """The fleet's languages, asked for anew after a few seconds. Shared by all who ask."""

    def __init__(self, broker: Broker, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fleet = Fleet(broker)
        self._clock = clock
        self._known: frozenset[str] | None = None
        self._known_at = -_FRESH_S
        self._asking = asyncio.Lock()

    async def check(self, language: str) -> None:
        """Returns if some node reads it, or no node is known: one may come.

        Raises: LanguageUnavailable with the languages that are read; BrokerUnavailable.
        """
        served = await self._served(_FRESH_S)
        if served is None or not _reads(served, language):
            served = await self._served(_UNSURE_S)
        if served is not None and not _reads(served, language):
            raise LanguageUnavailable(refusal(language, served))

    async def _served(self, fresh_s: float) -> frozenset[str] | None:
        async with self._asking:
            if self._clock() - self._known_at >= fresh_s:
                self._known = served_by(await self._fleet.status())
                self._known_at = self._clock()
            return self._known


def served_by(fleet: FleetStatus) -> frozenset[str] | None:
    """The languages of all nodes that are there; None if none is."""
    there = [each for each in fleet.workers if each.status != "lost"]
    return frozenset(name for each in there for name in each.languages) if there else None


def _reads(served: frozenset[str], language: str) -> bool:
    # By script, as pages are routed: a node of another release may know fewer names.
    return script_of(language) in scripts_of(served)


def refusal(language: str, served: frozenset[str]) -> str:
    """The sentence for a language that nobody reads."""
    known = sorted(served & LANGUAGES.keys())
    return (
        f"language {language!r} is read by no node at the moment; choose one of: "
        f"{', '.join(known)}; or start a node that has its model (docs/languages.md)"
    )
