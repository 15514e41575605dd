"""`docr result`: an output of an ended job, to a file or to stdout."""

import codecs
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Final

from contracts.errors import InvalidOption
from docr.client import AsyncClient, AsyncJob
from docr.client.transport import OutputKind
from docr.terminal import print_bytes, print_out, printable, say

_STDOUT: Final = "-"
# PAGE-XML of several pages is a ZIP.
_NOT_TEXT: Final[frozenset[OutputKind]] = frozenset({"pdf", "page"})


async def fetch_result(
    job_id: str, kind: OutputKind, out: Path | None, url: str | None, api_key: str | None
) -> None:
    """`out`: a file, "-" or None for stdout. Raises: JobUnknown, JobStateConflict before its end,
    ObjectMissing once it has expired; FormatUnavailable."""
    async with AsyncClient(url, api_key) as client:
        job = client.job(job_id)
        if out is None or str(out) == _STDOUT:
            if out is None and kind in _NOT_TEXT and sys.stdout.isatty():
                raise InvalidOption(
                    f"{kind} is no text for a terminal; name a file with --out, or a dash to "
                    "write it to stdout all the same"
                )
            await _print(job, kind, as_it_is=kind in _NOT_TEXT)
            return
        try:
            await job.save(out, kind)
        except OSError as wrong:
            raise InvalidOption(
                f"--out {out} cannot be written ({wrong.strerror}); choose another file"
            ) from None
        say(f"saved: {out}")


async def _print(job: AsyncJob, kind: OutputKind, *, as_it_is: bool) -> None:
    """Bytes as they are for a program; what a terminal would act upon in escapes for a person."""
    for_people = sys.stdout.isatty() and not as_it_is
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    async with aclosing(job.output(kind)) as chunks:
        async for chunk in chunks:
            if for_people:
                print_out("\n".join(map(printable, decoder.decode(chunk).split("\n"))))
            else:
                print_bytes(chunk)
    if for_people and kind == "result":
        print_out("\n")
