"""Subjects that are up, and what becomes of their files."""

from pathlib import Path

from bench.page_images import PageImage, picked
from bench.running_subject import Reading, running
from bench.side_by_side import Measured, SideBySide
from bench.subjects import OURS, Subject


def images(*names: str) -> list[PageImage]:
    return [PageImage(path=Path(f"/nowhere/{name}.png"), true_text=None) for name in names]


def subject(name: str = "odd", *, processes: int = 1, missing: bool = False) -> Subject:
    return Subject(
        name=name,
        title=f"Subject {name}",
        target="tests.bench.odd_subject:serve",
        settings={"missing": missing},
        processes=processes,
    )


async def read(one: Subject, *names: str) -> Reading:
    async with running(one, first=images("first")[0], language="en", memory_limit_bytes=2**30) as (
        up,
        _,
    ):
        return await up.read(images(*names))


async def test_files_are_shared_among_the_processes_and_their_time_is_counted() -> None:
    found = await read(subject(processes=2), *(f"burn-{number}" for number in range(6)))
    readers = {read.text.rpartition(" ")[2] for read in found.files.values()}
    assert len(readers) == 2
    assert 1.15 < found.core_s < 3  # the kernel counts in steps of 10 ms
    assert all(read.core_s >= 0.18 for read in found.files.values())


async def test_a_file_that_fails_costs_that_file_only() -> None:
    found = await read(subject(), "raise", "well")
    assert found.files["raise.png"].error == "the image cannot be decoded; get a complete one"
    assert found.files["raise.png"].text == ""
    assert found.files["well.png"].error is None


async def test_a_process_that_dies_is_replaced_and_its_file_has_failed() -> None:
    found = await read(subject(), "burn-1", "die", "burn-2")
    assert found.files["die.png"].error == "Subject odd ended with exit code 1 while working"
    assert found.files["burn-2.png"].text.startswith("burn-2 by")
    assert 0.38 <= found.core_s < 5


async def test_a_peer_that_is_missing_is_asked_once_and_ours_is_measured_all_the_same() -> None:
    told: list[str] = []
    found: Measured = await SideBySide(
        ours=subject(OURS),
        peers=[subject("absent", missing=True)],
        images=images("a", "b"),
        rounds=2,
        language="en",
        memory_limit_bytes=2**30,
        tell=told.append,
    ).run(after_round=lambda _: None)
    assert found.missing == {"absent": "it is not installed; install it"}
    assert found.pairs == {}
    assert len(found.ours) == 2
    assert sum("is missing" in sentence for sentence in told) == 1


def test_files_are_picked_evenly() -> None:
    ten = images(*"abcdefghij")
    assert [image.path.stem for image in picked(ten, 4)] == ["a", "c", "f", "h"]
    assert picked(ten, None) == picked(ten, 99) == ten
