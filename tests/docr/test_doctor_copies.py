"""What looks at the copies of a cluster come to, by figures that three brokers told."""

import re
from collections.abc import Sequence

import pytest

from broker.stream_copies import Copies, Follower
from docr.doctor.copies import judged


def copy(broker: str, *, behind: int = 0, current: bool = True, away: bool = False) -> Follower:
    return Follower(broker=broker, is_current=current, is_away=away, behind=behind)


def held(*followers: Follower, leader: str | None = "a", wanted: int | None = 3) -> list[Copies]:
    return [Copies(of="PAGES", leader=leader, wanted=wanted, followers=followers)]


_WELL = copy("b")


@pytest.mark.parametrize(
    ("looks", "verdict", "says"),
    [
        ([held(_WELL, copy("c"))], "good", "whole"),
        # Where messages come in, a moment's lag is nothing.
        ([held(_WELL, copy("c", behind=3)), held(_WELL, copy("c"))], "good", "whole"),
        ([held(_WELL, copy("c", current=False, away=True))], "problem", "c is silent"),
        ([held(_WELL, copy("c", behind=n)) for n in (9, 9)], "problem", r"c lags .*PAGES \(9"),
        ([held(_WELL, copy("c", behind=n)) for n in (900, 20)], "note", "c catches up"),
        ([held(leader=None)], "problem", "without a leader.*PAGES.*docr-broker"),
        ([held(_WELL)], "problem", "fewer copies.*PAGES.*docr setup"),
        ([held(wanted=1)], "note", "NATS_REPLICAS"),
    ],
)
def test_copies_are_told_of_with_what_to_do(
    looks: Sequence[list[Copies]], verdict: str, says: str
) -> None:
    (finding,) = judged(looks)
    assert finding.verdict == verdict
    assert re.search(says, finding.text)


def test_a_broker_that_is_alone_has_no_copies_to_tell_of() -> None:
    assert list(judged([[]])) == []
