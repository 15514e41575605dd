"""Damaged and hostile documents: each ends with images, or with one clear error. A slice of what
`./dev fuzz` runs for hours."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import DocumentRejected
from guard.landlock import version
from ingest.rasteriser import Rasteriser
from tests.fuzz.mutations import mutated
from tests.fuzz.run import CORPUS, Tally, corpus_seeds, generated_seeds, mutations, trials
from tests.fuzz.traps import traps

# Short, for what is meant to hang: all else has ended by then, or ends as if it hung.
_PAGE_S = 0.7


async def run(files: Iterator[tuple[str, bytes]], folder: Path, *, page_s: float) -> Tally:
    tally = Tally()
    async for name, content, ending in trials(files, folder, page_s=page_s):
        tally.add(name, content, ending)
    return tally


async def test_mutated_documents_end_with_images_or_one_clear_error(tmp_path: Path) -> None:
    files = itertools.islice(mutations(generated_seeds(), seed=7), 200)
    tally = await run(files, tmp_path, page_s=2.0)
    assert tally.faults == [], tally.told()
    assert tally.kinds["image"] > 20, tally.told()
    assert len(tally.kinds) > 5, tally.told()


async def test_documents_made_to_do_harm_end_so_too(tmp_path: Path) -> None:
    tally = await run(iter(traps().items()), tmp_path, page_s=_PAGE_S)
    assert tally.faults == [], tally.told()


async def test_a_document_does_not_show_other_files(tmp_path: Path) -> None:
    """Neither a PDF's streams in files beside it, nor links."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "secret.pdf").write_bytes(generated_seeds()[0].content)
    beside = tmp_path / "documents/document"
    beside.symlink_to(tmp_path / "secret.pdf")
    if version() == 0:
        pytest.skip("this kernel has no Landlock")
    async with Rasteriser(documents=tmp_path / "documents") as rasteriser:
        with pytest.raises(DocumentRejected) as refused:
            await rasteriser.open(beside, dpi=72)
    assert "secret" not in str(refused.value)


def test_a_mutation_can_be_made_again_by_its_number() -> None:
    seeds = generated_seeds()
    ten = list(itertools.islice(mutations(seeds, seed=3), 10))
    assert next(mutations(seeds, seed=3, first=9)) == ten[9]
    assert len({content for _, content in ten}) == 10
    content = seeds[0].content
    assert mutated(random.Random(1), content, [content]) != content  # noqa: S311


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no documents in ../shared/corpus")
async def test_every_file_of_the_corpus_ends_with_images_or_one_clear_error(
    tmp_path: Path,
) -> None:
    files = iter([(each.name, each.content) for each in corpus_seeds()])
    tally = await run(files, tmp_path, page_s=20.0)
    assert tally.faults == [], tally.told()
    finished = sum(count for kind, count in tally.kinds.items() if kind.startswith("finished"))
    assert tally.kinds["image"] + finished > 100, tally.told()
