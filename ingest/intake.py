"""One submission from the queue to its last page task."""

import tempfile
from pathlib import Path

import structlog

from broker.announcements import Announcements
from broker.job_marks import JobMarks
from broker.job_store import JobStore
from broker.object_reading import ObjectMissing
from broker.page_queue import PageQueue
from broker.results import Results
from broker.served_languages import ServedLanguages
from broker.submissions import Submission
from contracts.errors import (
    DocumentLocked,
    DocumentRejected,
    InvalidOption,
    PermanentError,
    TempFolderUnusable,
)
from contracts.job_options import JobOptions
from contracts.jobs import DocumentFailed
from contracts.page_ranges import SelectedPages
from contracts.sealed_password import PasswordSeal
from faults.fail_points import fail_point
from ingest.document_keeping import DocumentKeeping
from ingest.document_limits import check_deadline, check_pages
from ingest.manifests import Manifests
from ingest.ownership import Ownership
from ingest.page_flow import PageFlow
from ingest.page_publisher import JobHalted
from ingest.password import password_of
from ingest.renderers import Renderers
from tracing.work import note

log = structlog.get_logger(__name__)

_NOTHING = SelectedPages(ranges=())


class Intake:
    """Takes submissions one after the other.

    What it wrote before a crash it finds again: manifest, checkpoint, results of pages.
    """

    def __init__(
        self,
        *,
        renderers: Renderers,
        flow: PageFlow,
        pages: PageQueue,
        results: Results,
        jobs: JobStore,
        marks: JobMarks,
        announcements: Announcements,
        languages: ServedLanguages,
        keeping: DocumentKeeping,
        defaults: JobOptions,
        temp_dir: Path,
        max_pages: int,
        seal: PasswordSeal | None,
    ) -> None:
        self._renderers = renderers
        self._flow = flow
        self._pages = pages
        self._results = results
        self._jobs = jobs
        self._marks = marks
        self._languages = languages
        self._keeping = keeping
        self._manifests = Manifests(jobs=jobs, announcements=announcements, defaults=defaults)
        self._ownership = Ownership(
            pages=pages, jobs=jobs, marks=marks, announcements=announcements
        )
        self._defaults = defaults
        self._temp_dir = temp_dir
        self._max_pages = max_pages
        self._seal = seal

    async def take(self, submission: Submission) -> None:
        """Puts the document's pages into the queue, or ends its job with a reason.

        The caller acks afterwards: from the first step to the last, trying again is harmless.
        Raises: TurnOver: hand it over again, it goes on where it was; BrokerUnavailable, StoreFull;
        TempFolderUnusable.
        """
        fail_point("ingest.submission_delivered")
        try:
            await self._take(submission)
        except OSError as wrong:
            raise TempFolderUnusable(
                f"a document cannot be laid in {self._temp_dir} ({wrong.strerror}); "
                "make room there, or set TEMP_DIR to another folder"
            ) from wrong
        finally:
            # Behind the removal of its file: what a large one takes to remove, its child takes.
            await self._renderers.close()

    async def _take(self, submission: Submission) -> None:
        job_id, wrong_id = submission.identity()
        size, sha256 = 0, ""
        self._temp_dir.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._temp_dir, prefix="ingest-") as folder:
            path = Path(folder) / "document"
            try:
                if wrong_id is not None:
                    raise wrong_id
                size, sha256 = await submission.save(path)
                if not await self._ownership.is_wanted(submission, job_id=job_id, sha256=sha256):
                    await self._keeping.after_end(submission, sha256=sha256)
                    return
                known = await self._jobs.manifest(job_id, certain=True)
                # What was asked for first counts, if the same job is submitted again.
                options = known.options if known is not None else None
                if options is None:
                    options = JobOptions.from_headers(submission.headers, defaults=self._defaults)
                    if not submission.language_is_checked:
                        await self._languages.check(options.language)
                check_deadline(submission, options)
                page_count = await self._renderers.open(
                    path,
                    dpi=options.dpi,
                    password=password_of(submission.headers, self._seal),
                    known=known.documents if known is not None else (),
                )
                selected = options.pages.within(page_count)
                check_pages(selected, page_count=page_count, limit=self._max_pages)
            except (DocumentRejected, InvalidOption, ObjectMissing) as reason:
                await self._reject(
                    submission, job_id=job_id, size=size, sha256=sha256, reason=reason
                )
                return
            try:
                manifest = await self._manifests.of(
                    submission, job_id=job_id, options=options, selected=selected, size=size,
                    sha256=sha256, documents=self._renderers.documents,
                )  # fmt: skip
                fail_point("ingest.manifest_written")
                await self._keeping.before_pages(
                    submission, options, is_zip=bool(manifest.documents)
                )
                await self._flow.run(manifest, options)
            except DocumentLocked as reason:
                # A ZIP, submitted again without the password of what is in it.
                await self._reject(
                    submission, job_id=job_id, size=size, sha256=sha256, reason=reason
                )
                return
            except JobHalted:
                log.info("job has ended, or will", job_id=job_id)
                await self._pages.remove_all_of(job_id)
                await self._keeping.after_end(submission, sha256=sha256)
                if await self._jobs.manifest(job_id, certain=True) is None:
                    # A checkpoint may have been written after all else was removed.
                    await self._jobs.forget(job_id)
                return
        await self._keeping.after_pages(submission, options, is_zip=bool(manifest.documents))
        note(pages=manifest.total_pages)
        log.info("all pages are in the queue", job_id=job_id, pages=manifest.total_pages)

    async def give_up(self, submission: Submission, reason: PermanentError) -> None:
        """Ends the job of a submission at which ingest itself fails again and again."""
        job_id, _ = submission.identity()
        sha256 = await self._marks.document_of(job_id) or ""
        await self._reject(submission, job_id=job_id, size=0, sha256=sha256, reason=reason)

    async def _reject(
        self, submission: Submission, *, job_id: str, size: int, sha256: str, reason: PermanentError
    ) -> None:
        try:
            manifest = await self._manifests.of(
                submission, job_id=job_id, options=None, selected=_NOTHING, size=size, sha256=sha256
            )
        except JobHalted:
            return
        if manifest.options is not None and isinstance(
            reason, InvalidOption | ObjectMissing | DocumentLocked
        ):
            # The same job, submitted again with something wrong: the first one is not concerned.
            # A document is removed once all its pages are in the queue: then this is a late copy.
            log.warning("submission again, and wrong", job_id=job_id, reason=str(reason))
            return
        if manifest.options is not None:
            # It could be opened before, and pages of it are under way: only the rest is lost.
            await self._flow.fail_rest(manifest, str(reason))
            return
        fail_point("ingest.rejection_noted")
        log.warning("document rejected", job_id=job_id, reason=str(reason))
        await self._results.publish(DocumentFailed(job_id=job_id, error=str(reason)))
