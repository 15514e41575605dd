"""Pages as pictures, made when somebody looks at them: by the guarded renderer, out of the document
that is kept for as long as its job's outputs."""

import asyncio
import contextlib
import hashlib
import shutil
from asyncio import TimerHandle
from collections import OrderedDict
from pathlib import Path
from typing import Final

from broker.kept_documents import KeptDocuments
from broker.object_reading import ObjectMissing
from broker.once_kept import once_kept
from contracts.errors import PageUnreadable
from contracts.jobs import JobSummary
from contracts.sealed_password import PasswordSeal
from ingest.gateway.problems import Refused
from ingest.gateway.web.turns import Turns
from ingest.rasteriser import Rasteriser

# Of made pictures, in memory; of documents, as files.
_MOST_PICTURE_BYTES: Final = 48 * 2**20
_MOST_DOCUMENT_BYTES: Final = 512 * 2**20
# After the end of its job; whoever looks at a page waits for so long at the most.
KEPT_WITHIN_S: Final = 3.0
_PAGE_TIMEOUT_S: Final = 20.0
_MEMORY_LIMIT_BYTES: Final = 2 * 2**30
# Of one tenant; beyond that, whoever comes is asked to come again.
_MOST_WAITING: Final = 24
# The renderer is a process of 60 MB and more: nobody looks at pages all day.
_IDLE_S: Final = 60.0


class PagePictures:
    """One renderer, one page at a time, in turn by tenant and document. `folder`: where documents
    lie meanwhile; None: no page can be shown. `dpi`: at which pages are rendered before they are
    made smaller."""

    def __init__(
        self,
        documents: KeptDocuments,
        *,
        folder: Path | None,
        dpi: int,
        seal: PasswordSeal | None,
    ) -> None:
        self._documents = documents
        self._folder = folder / "shown" if folder is not None else None
        self._dpi = dpi
        self._seal = seal
        self._rasteriser: Rasteriser | None = None
        self._open: Path | None = None  # what the renderer has open
        self._files: OrderedDict[Path, tuple[int, str | None]] = OrderedDict()  # size, sealed
        self._made: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
        self._turns = Turns()
        self._idle: TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None

    async def picture(self, summary: JobSummary, page_index: int, *, width_px: int) -> bytes:
        """A page as JPEG, at most so wide; `page_index` from 0, in the document, or over all
        documents of a ZIP.

        Raises: PageUnreadable, DocumentRejected, ObjectMissing (it is not kept), Refused (too many
        ask), BrokerUnavailable.
        """
        name = f"{summary.job_id} {summary.document_sha256}"
        key = (name, page_index, width_px)
        if (made := self._known(key)) is not None:
            return made
        if self._folder is None:
            raise ObjectMissing("the pages of this document cannot be shown: it is not kept")
        if self._turns.waiting_of(summary.tenant) >= _MOST_WAITING:
            raise Refused(503, "many pages are being shown at the moment; try again in a moment")
        folder = self._folder

        async def in_turn() -> bytes:
            async with self._turns.of(tenant=summary.tenant, document=name):
                # The one before may have asked for the same.
                if (made := self._known(key)) is not None:
                    return made
                if self._idle is not None:
                    self._idle.cancel()
                rasteriser = await self._opened(summary, name, folder)
                picture = await rasteriser.picture(page_index, width_px=width_px)
                self._remember(key, picture)
                return picture

        try:
            # A turn for each look: others are shown meanwhile.
            return await once_kept(in_turn, ended_at=summary.end_time, patience_s=KEPT_WITHIN_S)
        finally:
            self._wait_idly()

    async def stop(self) -> None:
        """Ends the renderer, and forgets documents and pictures: what was deleted meanwhile is to
        be gone. The next picture begins another one."""
        if self._idle is not None:
            self._idle.cancel()
        async with self._turns.of(tenant="", document=""):
            rasteriser, self._rasteriser, self._open = self._rasteriser, None, None
            if rasteriser is not None:
                await rasteriser.stop()
            self._made.clear()
            self._files.clear()
            if self._folder is not None:
                await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _known(self, key: tuple[str, int, int]) -> bytes | None:
        if (made := self._made.get(key)) is not None:
            self._made.move_to_end(key)
        return made

    def _remember(self, key: tuple[str, int, int], picture: bytes) -> None:
        self._made[key] = picture
        while sum(map(len, self._made.values())) > _MOST_PICTURE_BYTES:
            self._made.popitem(last=False)

    def _wait_idly(self) -> None:
        if self._idle is not None:
            self._idle.cancel()

        def stop() -> None:
            if self._turns.is_idle:
                self._stopping = asyncio.create_task(self.stop())

        self._idle = asyncio.get_running_loop().call_later(_IDLE_S, stop)

    async def _opened(self, summary: JobSummary, name: str, folder: Path) -> Rasteriser:
        """The renderer, with this document open."""
        folder.mkdir(exist_ok=True)
        path = folder / hashlib.sha256(name.encode()).hexdigest()[:32]
        if path not in self._files:
            await self._fetch(summary.job_id, path)
        self._files.move_to_end(path)
        if self._rasteriser is None:
            self._rasteriser = Rasteriser(
                documents=folder,
                memory_limit_bytes=_MEMORY_LIMIT_BYTES,
                page_timeout_s=_PAGE_TIMEOUT_S,
            )
        if self._open != path:
            self._open = None
            await self._rasteriser.open(
                path,
                dpi=self._dpi,
                password=self._password(path),
                known=summary.documents,  # so that each page has the number that it had
            )
            self._open = path
        return self._rasteriser

    async def _fetch(self, job_id: str, path: Path) -> None:
        try:
            sealed = await self._documents.save(job_id, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._files[path] = (path.stat().st_size, sealed)
        while (
            len(self._files) > 1
            and sum(size for size, _ in self._files.values()) > _MOST_DOCUMENT_BYTES
        ):
            oldest, _ = self._files.popitem(last=False)
            with contextlib.suppress(OSError):
                oldest.unlink()

    def _password(self, path: Path) -> str | None:
        sealed = self._files[path][1]
        if sealed is None:
            return None
        if self._seal is None:
            raise PageUnreadable(
                "the document came with a password, which this gateway cannot open; set its "
                "OCR_SECRET_KEY to the same text as that of the others"
            )
        return self._seal.open(sealed)
