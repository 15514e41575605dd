"""Memory that a parent shares with its child."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from guard.shared_blobs import SHARED_BYTES, SharedBlobs


@pytest.fixture
def parents() -> Iterator[SharedBlobs]:
    blobs = SharedBlobs.made()
    assert blobs is not None
    yield blobs
    blobs.close()


@pytest.fixture
def childs(parents: SharedBlobs) -> Iterator[SharedBlobs]:
    blobs = SharedBlobs(os.dup(parents.file))
    yield blobs
    blobs.close()


def kept_bytes(blobs: SharedBlobs) -> int:
    return os.fstat(blobs.file).st_blocks * 512


def test_large_values_travel_beside_the_message(parents: SharedBlobs, childs: SharedBlobs) -> None:
    image, lines = os.urandom(500_000), os.urandom(100_000)
    message = {"image": image, "page": 3, "lines": lines, "hash": b"short"}
    sent = parents.lay(message)
    assert {key for key in sent if key in message} == {"page", "hash"}
    assert childs.take(sent) == message
    answer = {"data": os.urandom(700_000)}
    assert parents.take(childs.lay(answer)) == answer


def test_a_message_without_large_values_stays_as_it_is(parents: SharedBlobs) -> None:
    message: dict[str, Any] = {"page": 3, "data": bytes(1000)}
    assert parents.lay(message) is message
    assert parents.take(message) == message


@pytest.mark.parametrize(
    "places",
    [
        7,
        ["data"],
        {"data": 7},
        {"data": [0]},
        {"data": [0, 1, 2]},
        {"data": [2, 1]},
        {"data": [-5, 5]},
        {"data": [5, 10]},  # a hole
        {"one": [0, 10], "two": [0, 10]},  # twice the same
        {3: [0, 10]},
        {"page": [0, 10]},  # the message has it already
        {"data": [0, SHARED_BYTES + 1]},
        {"data": ["a", "b"]},
        {"data": [0.5, 2.5]},
    ],
)
def test_places_that_nobody_lays_are_refused(parents: SharedBlobs, places: object) -> None:
    with pytest.raises(ValueError, match="no places of blobs"):
        parents.take({"page": 3, "shared_blobs": places})


def test_a_few_words_do_not_stand_for_more_than_there_is_room_for(parents: SharedBlobs) -> None:
    most = {str(number): [0, SHARED_BYTES] for number in range(8)}
    following = {
        str(number): [number * SHARED_BYTES, (number + 1) * SHARED_BYTES] for number in range(8)
    }
    for places in (most, following):
        with pytest.raises(ValueError, match="no places of blobs"):
            parents.take({"shared_blobs": places})


def test_what_a_large_page_took_is_given_back(parents: SharedBlobs, childs: SharedBlobs) -> None:
    data = os.urandom(40 * 2**20)
    assert parents.take(childs.lay({"data": data})) == {"data": data}
    assert kept_bytes(parents) >= len(data)
    parents.let_go()
    assert kept_bytes(parents) <= 5 * 2**20
    assert childs.take(parents.lay({"data": data})) == {"data": data}


def test_what_a_child_took_without_a_word_is_given_back(
    parents: SharedBlobs, childs: SharedBlobs
) -> None:
    os.posix_fallocate(childs.file, 0, 40 * 2**20)
    parents.let_go()
    assert kept_bytes(parents) <= 5 * 2**20


def test_nobody_can_cut_the_memory_off_under_a_reader(childs: SharedBlobs) -> None:
    for length in (0, 2 * SHARED_BYTES):
        with pytest.raises(PermissionError):
            os.ftruncate(childs.file, length)


def test_what_the_system_has_no_memory_for_travels_in_the_message(
    parents: SharedBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", none_left)
    message = {"data": bytes(500_000)}
    assert parents.lay(message) == message


def test_more_than_fits_travels_in_the_message(
    parents: SharedBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guard.shared_blobs.SHARED_BYTES", 600_000)
    sent = parents.lay({"one": bytes(500_000), "two": bytes(500_000)})
    assert "one" not in sent
    assert len(sent["two"]) == 500_000
