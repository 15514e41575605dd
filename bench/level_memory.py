"""Whether an engine's memory stays level: one engine, many pages of mixed sizes.

    ./dev python -m bench.level_memory --pages 2000

Pages are generated, cut and scaled at random (seeded) to between 300 x 400 and 2500 x 3500 px.
Prints the resident memory of the engine's process for each eighth of the pages: the median and the
highest of what it had after each page, and the peak of all pages so far.
"""

import argparse
import asyncio
import io
import random
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import psutil
from PIL import Image

from bench.generated_pages import pages
from bench.subjects.ours import as_child_settings
from guard.guarded_child import GuardedChild
from ocr_node.engine_process import ENGINE_CHILD
from ocr_node.engines import EngineSettings

_MB = 2**20
_SMALLEST_PX, _LARGEST_PX = (300, 400), (2500, 3500)


def mixed(count: int, *, seed: int) -> Iterator[bytes]:
    """`count` page images as JPEG."""
    chance = random.Random(seed)  # noqa: S311 - pages, not secrets
    bases = list(pages(20, seed=seed))
    for _ in range(count):
        base = chance.choice(bases)
        # Small ones are more common: receipts, notes, cheques.
        share = chance.random() ** 2
        size = [
            int(low + (high - low) * share * chance.uniform(0.7, 1.0))
            for low, high in zip(_SMALLEST_PX, _LARGEST_PX, strict=True)
        ]
        width = min(base.width, max(_SMALLEST_PX[0], int(base.width * chance.uniform(0.3, 1.0))))
        height = min(base.height, width * size[1] // size[0])
        out = io.BytesIO()
        page: Image.Image = base.crop((0, 0, width, height)).resize(size)
        page.save(out, format="JPEG", quality=90)
        yield out.getvalue()


async def _measure(count: int, seed: int, cache: Path) -> None:
    child = GuardedChild(
        target=ENGINE_CHILD,
        settings=as_child_settings(EngineSettings(cache_dir=cache)),
        what="the OCR engine",
        memory_limit_bytes=4 * 2**30,
        start_timeout_s=120.0,
    )
    await child.start()
    resident_mb: list[float] = []
    try:
        for number, image in enumerate(mixed(count, seed=seed), start=1):
            request = {"image": image, "language": "en", "page_index": 0, "handed_in": False}
            await child.call(request, timeout_s=120.0)
            resident_mb.append(psutil.Process(child.pid).memory_info().rss / _MB)
            if number % max(count // 8, 1) == 0:
                print(
                    f"{number} pages: {median(resident_mb):.0f} MB, at most "
                    f"{max(resident_mb):.0f}, peak {child.peak_bytes / _MB:.0f}",
                    flush=True,
                )
                resident_mb.clear()
    finally:
        await child.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--cache-dir", type=Path, default=Path("~/.cache/distributed-ocr").expanduser()
    )
    arguments = parser.parse_args()
    asyncio.run(_measure(arguments.pages, arguments.seed, arguments.cache_dir))


if __name__ == "__main__":
    main()
