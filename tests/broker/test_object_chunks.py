"""Objects are read whole and in order, however their chunks lie in the bucket's stream."""

import asyncio
import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
from nats.js.api import RawStreamMsg

from broker.connection import Broker
from broker.object_chunks import chunks_in_order
from broker.object_reading import ObjectMissing
from broker.objects import ObjectBucket
from tests.raw_nats import object_entry, object_token
from tests.waiting import wait_until

BUCKET = "UPLOADS"


async def put_chunks(broker: Broker, chunks: Iterable[tuple[str, bytes]]) -> list[int]:
    """Stores chunks of several objects in this order; where each lies."""
    return [
        (await broker.jetstream.publish(f"$O.{BUCKET}.C.{nuid}", data)).seq for nuid, data in chunks
    ]


async def name_it(broker: Broker, name: str, nuid: str, chunks: Sequence[bytes]) -> None:
    """Makes an object of chunks that are there."""
    entry = object_entry(BUCKET, name, chunks, nuid=nuid)
    subject = f"$O.{BUCKET}.M.{object_token(name)}"
    await broker.jetstream.publish(subject, json.dumps(entry).encode())


def sha256_of(chunks: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(chunks)).hexdigest()


def in_turns(numbers: random.Random, objects: dict[str, list[bytes]]) -> list[tuple[str, bytes]]:
    """Chunks of all objects, those of each in their order, runs of them and single ones."""
    left = {nuid: list(chunks) for nuid, chunks in objects.items()}
    mixed = []
    while left:
        nuid = numbers.choice(sorted(left))
        for _ in range(numbers.choice((1, 1, 2, 5, 9))):
            if left[nuid]:
                mixed.append((nuid, left[nuid].pop(0)))
        if not left[nuid]:
            del left[nuid]
    return mixed


@pytest.mark.parametrize("seed", range(6))
async def test_objects_that_were_put_at_the_same_time_are_read_whole(
    broker: Broker, tmp_path: Path, seed: int
) -> None:
    numbers = random.Random(seed)  # noqa: S311 - a seed must replay
    # Some clients make chunks of one size, others do not.
    sizes = (1, 7, 1000, 40_000) if seed % 2 else (2000,)
    objects = {
        f"nuid{each}": [
            numbers.randbytes(numbers.choice(sizes)) for _ in range(numbers.randint(1, 40))
        ]
        for each in range(3)
    }
    await put_chunks(broker, in_turns(numbers, objects))
    bucket = ObjectBucket(broker, name=BUCKET)
    for nuid, chunks in objects.items():
        await name_it(broker, f"of {nuid}", nuid, chunks)
        assert [chunk async for chunk in bucket.read(f"of {nuid}")] == chunks
        content = b"".join(chunks)
        told = await bucket.save(f"of {nuid}", tmp_path / nuid)
        assert told == (len(content), sha256_of(chunks))
        assert (tmp_path / nuid).read_bytes() == content
        places = [place async for place, _ in bucket.chunks(f"of {nuid}")]
        assert places == sorted(set(places))


async def test_an_object_that_lacks_a_chunk_is_incomplete(broker: Broker, tmp_path: Path) -> None:
    bucket = ObjectBucket(broker, name=BUCKET)
    chunks = [bytes([each]) * 1000 for each in range(9)]
    places = await put_chunks(broker, [("nuid", chunk) for chunk in chunks])
    await name_it(broker, "whole", "nuid", chunks)
    for lost in (places[4], places[-1], places[0]):
        await broker.jetstream.delete_msg(f"OBJ_{BUCKET}", lost)
        with pytest.raises(ObjectMissing, match="whole in UPLOADS is incomplete; submit it again"):
            await bucket.read_all("whole")
        with pytest.raises(ObjectMissing, match="incomplete"):
            await bucket.save("whole", tmp_path / "document")


async def test_an_object_with_another_chunk_than_was_put_is_damaged(
    broker: Broker, tmp_path: Path
) -> None:
    bucket = ObjectBucket(broker, name=BUCKET)
    await put_chunks(broker, [("nuid", b"as"), ("nuid", b"it"), ("nuid", b"was")])
    await name_it(broker, "other", "nuid", [b"as", b"it", b"isn"])
    with pytest.raises(ObjectMissing, match="other in UPLOADS is damaged"):
        await bucket.read_all("other")
    with pytest.raises(ObjectMissing, match="damaged"):
        await bucket.save("other", tmp_path / "document")


class Stream:
    """Chunks at places of a stream, as a broker tells them, and where it was asked to look."""

    def __init__(self, chunks: dict[int, bytes], *, delays_s: Iterable[float] = ()) -> None:
        self._chunks = chunks
        self._delays_s = iter(delays_s)
        self.asked: list[int] = []
        self.most_at_once = self._at_once = 0

    async def first_from(self, place: int) -> RawStreamMsg:
        self.asked.append(place)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(next(self._delays_s, 0.0))
            found = min(each for each in self._chunks if each >= place)
            return RawStreamMsg(seq=found, data=self._chunks[found])
        finally:
            self._at_once -= 1


async def test_chunks_that_follow_each_other_are_asked_for_before_they_are_wanted() -> None:
    stream = Stream(dict.fromkeys(range(5, 25), b"ten bytes!"))
    async with aclosing(chunks_in_order(stream.first_from, begin=1, size=200, at_once=3)) as chunks:
        assert [place async for place, _ in chunks] == list(range(5, 25))
    # Nothing beyond the last one, and nothing twice.
    assert stream.asked == [1, *range(6, 25)]
    assert stream.most_at_once == 3


async def test_behind_a_gap_chunks_are_asked_for_one_by_one_until_two_follow_each_other() -> None:
    places = [1, 2, 3, 4, 40, 80, 120, 160, 200]
    stream = Stream(dict.fromkeys(places, b"ten bytes!"))
    async with aclosing(chunks_in_order(stream.first_from, begin=1, size=90, at_once=3)) as chunks:
        assert [place async for place, _ in chunks] == places
    # Of what was asked for in vain there is no more than was on its way at the first gap.
    assert stream.asked == [1, 2, 3, 4, 5, 6, 7, 41, 81, 121, 161]


async def test_where_answers_take_long_chunks_are_asked_for_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("broker.object_chunks._SLOW_S", 0.0)
    stream = Stream(dict.fromkeys(range(1, 9), b"ten bytes!"))
    async with aclosing(chunks_in_order(stream.first_from, begin=1, size=80, at_once=3)) as chunks:
        assert [place async for place, _ in chunks] == list(range(1, 9))
    assert stream.most_at_once == 1


async def test_who_reads_the_beginning_only_leaves_nothing_under_way() -> None:
    stream = Stream(dict.fromkeys(range(1, 9), b"ten bytes!"), delays_s=[0, 0, *[3600.0] * 9])
    before = asyncio.all_tasks()
    async with aclosing(chunks_in_order(stream.first_from, begin=1, size=80, at_once=3)) as chunks:
        for expected in (1, 2):
            assert (await anext(chunks))[0] == expected
        assert len(asyncio.all_tasks() - before) == 1  # the third one is on its way
    assert asyncio.all_tasks() == before


async def test_who_gives_up_saving_an_object_leaves_nothing_under_way(
    broker: Broker, tmp_path: Path
) -> None:
    bucket = ObjectBucket(broker, name=BUCKET)
    chunks = [bytes([each]) * 100_000 for each in range(60)]
    await put_chunks(broker, [("nuid", chunk) for chunk in chunks])
    await name_it(broker, "long", "nuid", chunks)
    path, before = tmp_path / "document", asyncio.all_tasks()
    saving = asyncio.create_task(bucket.save("long", path))
    await wait_until(
        lambda: path.exists() and path.stat().st_size > 0, "the first chunks to be there"
    )
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert asyncio.all_tasks() == before
    assert await bucket.save("long", path) == (6_000_000, sha256_of(chunks))
