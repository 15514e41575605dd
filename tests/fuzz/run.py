"""Mutated documents, one after the other: which seed, which mutations, how they ended."""

import hashlib
import io
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from ingest.rasteriser import Rasteriser
from tests.documents import encoded, encrypted_pdf, pdf, picture
from tests.fuzz.mutations import mutated
from tests.fuzz.traps import traps
from tests.fuzz.trial import Ending, ending_of
from tests.scanned_pdf import pdf_of_scan, scan

ROOT: Final = Path(__file__).parents[2]
CORPUS: Final = ROOT.parent / "shared/corpus"
MEMORY_BYTES: Final = 2 * 2**30
DPI: Final = 72


@dataclass(frozen=True, kw_only=True)
class Seed:
    """A file that mutations start from."""

    name: str
    content: bytes


def generated_seeds() -> list[Seed]:
    """Of every format that is taken, and some traps; the same bytes at every run."""
    small = picture("A seed", size=(240, 90))
    frames = [Image.new("1", (90, 60), n % 2) for n in range(3)]
    made = {
        "text.pdf": pdf(3),
        "scan.pdf": pdf_of_scan(scan((200, 280))),
        "password.pdf": encrypted_pdf(),
        "rgb.png": encoded(small),
        "palette.png": encoded(small.convert("P")),
        "deep.png": encoded(small.convert("L").convert("I;16")),
        "rgb.jpg": encoded(small, "JPEG", dpi=(100, 100)),
        "cmyk.jpg": encoded(small.convert("CMYK"), "JPEG"),
        "progressive.jpg": encoded(small, "JPEG", progressive=True),
        "fax.tif": encoded(
            frames[0], "TIFF", save_all=True, append_images=frames[1:], compression="group4"
        ),
        "lzw.tif": encoded(small, "TIFF", compression="tiff_lzw"),
        "raw.tif": encoded(small.convert("CMYK"), "TIFF"),
        "jpeg.tif": encoded(small, "TIFF", compression="jpeg"),
        "a.webp": encoded(small, "WEBP"),
        "a.bmp": encoded(small, "BMP"),
        "a.gif": encoded(small.convert("P"), "GIF"),
        "a.jp2": encoded(small, "JPEG2000"),
    }
    # What hangs would hang in each of its mutations, and show nothing more than itself.
    made |= {
        name: content
        for name, content in traps().items()
        if len(content) < 100_000 and name != "ten forms to the power of nine"
    }
    seeds = [Seed(name=name, content=content) for name, content in made.items()]
    samples = sorted(path for path in (ROOT / "samples").iterdir() if path.suffix != ".py")
    return seeds + [_seed_of(path) for path in samples if path.suffix in {".pdf", ".png"}]


def corpus_seeds() -> list[Seed]:
    """Real files, where they are at hand."""
    folders = [CORPUS / "hostile", CORPUS / "documents"]
    return [_seed_of(path) for folder in folders for path in sorted(folder.glob("*.*"))]


def _seed_of(path: Path) -> Seed:
    return Seed(name=path.name, content=path.read_bytes())


def mutations(seeds: Sequence[Seed], *, seed: int, first: int = 0) -> Iterator[tuple[str, bytes]]:
    """Without an end: (name, content), each from a random state of its own, so that any can be
    made again alone."""
    contents = [each.content for each in seeds]
    number = first
    while True:
        rng = random.Random(f"{seed} {number}")  # noqa: S311 - to be repeated
        chosen = rng.choice(seeds)
        yield f"{number} of {chosen.name}", mutated(rng, chosen.content, contents)
        number += 1


async def trials(
    files: Iterator[tuple[str, bytes]], folder: Path, *, page_s: float
) -> AsyncIterator[tuple[str, bytes, Ending]]:
    """Each file through one renderer, as ingest has one for all documents of a slot."""
    path = folder / "document"
    async with Rasteriser(
        documents=folder, memory_limit_bytes=MEMORY_BYTES, page_timeout_s=page_s
    ) as rasteriser:
        for name, content in files:
            path.write_bytes(content)
            yield name, content, await ending_of(rasteriser, path, dpi=DPI, page_s=page_s)


class Tally:
    """How files ended, by class."""

    def __init__(self, offenders: Path | None = None) -> None:
        self._offenders = offenders
        self.files = 0
        self.kinds: Counter[str] = Counter()
        self.faults: list[str] = []
        self.slowest: list[tuple[float, str]] = []

    def add(self, name: str, content: bytes, ending: Ending) -> None:
        """Keeps the file too, if something is wrong with how it ended, or its renderer died."""
        self.files += 1
        self.kinds.update(ending.kinds or ("no pages",))
        self.slowest = sorted([*self.slowest, (ending.seconds, name)], reverse=True)[:5]
        self.faults += [f"{name}: {fault}" for fault in ending.faults]
        died = any("the page renderer ended with" in kind for kind in ending.kinds)
        if self._offenders is not None and (ending.faults or died):
            self._offenders.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256(content).hexdigest()[:12]
            (self._offenders / digest).write_bytes(content)
            said = "\n".join((name, *ending.kinds, *ending.faults))
            (self._offenders / f"{digest}.txt").write_text(said)

    def told(self) -> str:
        """For people."""
        out = io.StringIO()
        out.write(f"{self.files} files\n")
        for kind, count in self.kinds.most_common():
            out.write(f"{count:7d}  {kind}\n")
        out.writelines(f"{seconds:6.1f} s  {name}\n" for seconds, name in self.slowest)
        out.write(f"{len(self.faults)} faults\n")
        out.writelines(f"  {fault}\n" for fault in self.faults[:50])
        return out.getvalue()
