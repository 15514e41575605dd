"""Which faults a seed brings, where, when and for how long: pure, so that a seed replays."""

import random
from dataclasses import dataclass
from typing import Final, Literal, get_args

from tests.chaos.crew import BROKERS, DOORS, Crew

FaultKind = Literal[
    "kill", "freeze", "restart", "cut", "drop", "delay", "half_close", "fill", "isolate"
]
FAULT_KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)

ALL_BROKERS: Final = "brokers"
# The broker that leads a stream at that moment: killed while a message is on its way into it.
LEADERS: Final = tuple(f"leader-{each}" for each in ("PAGES", "RESULTS", "SUBMIT", "SUMMARY"))
STORE: Final = "store"  # the server's whole store, not one stream's share
FILLABLE: Final = (
    *(STORE, "PAGES", "RESULTS", "JOBS", "SUMMARY", "OUTPUTS", "UPLOADS", "PAGE_IMAGES"),
)

_PROCESS_FAULTS: Final[tuple[FaultKind, ...]] = ("kill", "freeze", "restart")
_LINK_FAULTS: Final[tuple[FaultKind, ...]] = ("cut", "drop", "delay", "half_close")
LONGEST_FREEZE_S: Final = 45.0
_LONG_FREEZE_SHARE: Final = 0.3
_SHORT_S: Final = (1.0, 8.0)
# What is lifted has a moment to begin working before it is hit again.
_REST_S: Final = 2.0
# A broker of three that comes back has to learn from the others first: two are never away at once,
# but for the fault that takes all.
_CLUSTER_REST_S: Final = 6.0
# A leader is not hit before something is published, for which it is waited for so long.
_LEADER_WAIT_S: Final = 7.0
_LOOK_AGAIN_S: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something to break `at_s` after the start; `lasts_s` later it is lifted.

    A kill or restart is lifted when a supervisor starts the process again: `lasts_s` is its pause.
    `strength`: 0..1, what it means depends on the kind.
    """

    number: int
    at_s: float
    kind: FaultKind
    target: str
    lasts_s: float
    strength: float

    @property
    def lifted_s(self) -> float:
        return self.at_s + self.lasts_s

    @property
    def label(self) -> str:
        """Kind and role, as in the report: `kill node`."""
        return f"{self.kind} {self.target.rpartition('-')[0] or self.target}"


def plan_faults(
    seed: int,
    *,
    first_s: float,
    last_s: float,
    every_s: float,
    crew: Crew,
    apart_s: float | None = None,
) -> list[Fault]:
    """Faults with gaps of `every_s` in the mean; all of them begin and end within first..last.
    `apart_s`: of brokers only, and one at a time, that long after the last was lifted."""
    dice = random.Random(f"faults {seed}")  # noqa: S311 - a seed must replay
    faults: list[Fault] = []
    deck: list[tuple[FaultKind, tuple[str, ...]]] = []
    free_from: dict[str, float] = {}
    at_s = first_s
    while at_s < last_s:
        if not deck:
            if apart_s is not None:
                deck = _broker_deck(crew)
            else:
                deck = _cluster_deck(crew) if crew.cluster else _deck(crew)
            dice.shuffle(deck)
        kind, choice = deck.pop()
        target = dice.choice(choice)
        lasts_s = min(_duration(dice, kind), last_s - at_s)
        strength = round(dice.random(), 3)
        # A filled store waits for no other: one at a time, or the second finds no room to take.
        busy = _one_at_a_time(kind, target)
        if free_from.get(busy, 0.0) > at_s:
            deck.insert(0, (kind, choice))
            at_s += _LOOK_AGAIN_S
            continue
        rest_s = _CLUSTER_REST_S if busy == ALL_BROKERS else _REST_S
        free_from[busy] = at_s + lasts_s + rest_s + (_LEADER_WAIT_S if target in LEADERS else 0.0)
        faults.append(
            Fault(
                number=len(faults) + 1,
                at_s=round(at_s, 2),
                kind=kind,
                target=target,
                lasts_s=round(lasts_s, 2),
                strength=strength,
            )
        )
        at_s += dice.expovariate(1 / every_s) if apart_s is None else lasts_s + apart_s
    return faults


def _one_at_a_time(kind: FaultKind, target: str) -> str:
    """What this fault must find at rest."""
    if kind == "fill":
        return "fill"
    return ALL_BROKERS if target in {*BROKERS, ALL_BROKERS, *LEADERS} else target


def _cluster_deck(crew: Crew) -> list[tuple[FaultKind, tuple[str, ...]]]:
    """As `_deck`, with brokers hit one at a time, cut off from the others, and all at once."""
    others = [each for each in _deck(crew) if crew.brokers != each[1]]
    # As many as of all others together: they are what is different here.
    return [*others, *3 * _broker_deck(crew)]


def _broker_deck(crew: Crew) -> list[tuple[FaultKind, tuple[str, ...]]]:
    if not crew.cluster:
        return [(kind, crew.brokers) for kind in _PROCESS_FAULTS]
    return [
        ("kill", BROKERS),
        ("kill", LEADERS),
        ("freeze", BROKERS),
        ("restart", BROKERS),
        ("isolate", BROKERS),
        ("kill", (ALL_BROKERS,)),
        ("restart", (ALL_BROKERS,)),
    ]


def _deck(crew: Crew) -> list[tuple[FaultKind, tuple[str, ...]]]:
    """Every kind in every place once, fills of streams twice; dealt out before it is shuffled."""
    processes = [(kind, role) for kind in _PROCESS_FAULTS for role in (crew.brokers, *crew.roles)]
    links = [(kind, role) for kind in _LINK_FAULTS for role in (*crew.roles, (DOORS,))]
    fills: list[tuple[FaultKind, tuple[str, ...]]] = [
        ("fill", (STORE,)),
        ("fill", FILLABLE[1:]),
        ("fill", FILLABLE[1:]),
    ]
    return [*processes, *links, *fills]


def _duration(dice: random.Random, kind: FaultKind) -> float:
    match kind:
        case "kill" | "restart":
            return dice.uniform(0.2, 4.0)
        case "freeze" if dice.random() < _LONG_FREEZE_SHARE:
            return dice.uniform(_SHORT_S[1], LONGEST_FREEZE_S)
        case "drop" | "half_close" | "isolate":
            return dice.uniform(2.0, 20.0)
        case "fill":  # of which the first seconds go by until it is full
            return dice.uniform(8.0, 25.0)
        case _:
            return dice.uniform(*_SHORT_S)
