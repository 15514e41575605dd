"""A ZIP of documents, one member at a time. Runs in a guarded child: files are hostile.

Names of members are for people: what is taken out of the ZIP lies in a folder of this child alone,
under a name of ours.
"""

import errno
import tempfile
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from contracts.errors import (
    DocumentLocked,
    DocumentRejected,
    PageUnreadable,
    TempFolderUnusable,
)
from ingest import zip_aes
from ingest.document_kind import HEAD_BYTES, has_one_page, kind_of
from ingest.finished_page import FinishedPage
from ingest.member_names import is_document, natural_order, shown_name, told_name
from ingest.page_image import PageImage
from ingest.rasterise import Document, open_document
from ingest.zip_aes import AesMembers
from ingest.zip_archive import (
    DAMAGE,
    ENCRYPTED,
    GIB,
    check_size,
    opened_archive,
    spellings,
    why_unsupported,
)

if TYPE_CHECKING:
    from contracts.job_options import Mode
    from contracts.pages import Line

# Each has an entry in the manifest, in the summary, and in the result.
MOST_MEMBERS: Final = 5000
_MOST_BYTES: Final = 16 * GIB
_PIECE: Final = 1024 * 1024

# A member by its place in the ZIP, its pages, and why it has none that can be read.
Member = tuple[int, int, str | None]


class ZipDocument:
    """An open ZIP. `members`: in page order, as they were counted; without them it can be asked
    for its listing, and counted member by member."""

    def __init__(
        self,
        path: Path,
        *,
        dpi: int,
        password: str | None,
        members: Sequence[Member],
        folder: Path,
    ) -> None:
        """`folder`: for one member at a time; made when it is needed. Raises: DocumentRejected."""
        self._folder = folder
        self._dpi = dpi
        self._password = password
        self._infos, self._zip = opened_archive(path)
        self._aes = AesMembers(path)
        self._members = members
        self._ends = list(accumulate(pages for _, pages, _ in members))
        self._open_member: int | None = None
        self._document: Document | None = None
        self._file: IO[bytes] | None = None

    @property
    def page_count(self) -> int:
        """The pages of all members together; 0 before they were counted."""
        return self._ends[-1] if self._ends else 0

    def listing(self) -> list[tuple[int, str]]:
        """Place in the ZIP and shown name of each document in it, in page order.

        Raises: DocumentRejected if there is none, or too much."""
        told = [told_name(info) for info in self._infos]
        chosen = [n for n, name in enumerate(told) if is_document(name)]
        if not chosen:
            raise DocumentRejected("the ZIP has no document in it; put PDFs or images into it")
        if len(chosen) > MOST_MEMBERS:
            raise DocumentRejected(
                f"the ZIP has {len(chosen)} files in it, over the limit of {MOST_MEMBERS}; make "
                "several of it"
            )
        total = sum(self._infos[n].file_size for n in chosen)
        if total > _MOST_BYTES:
            raise DocumentRejected(
                f"the ZIP unpacks to {total / GIB:.1f} GB, over the limit of "
                f"{_MOST_BYTES // GIB} GB; make several of it"
            )
        chosen.sort(key=lambda n: (natural_order(told[n]), told[n], n))
        return [
            (n, shown_name(told[n], otherwise=f"member {number}"))
            for number, n in enumerate(chosen, start=1)
        ]

    def count(self, place: int) -> int:
        """The pages of one member. Raises: DocumentRejected if it cannot be opened."""
        self._let_go()
        head = self._read(place, lambda member: member.read(HEAD_BYTES))
        kind_of(head)
        if has_one_page(head):
            return 1
        return self._opened_member(place).page_count

    def render(self, page_index: int) -> PageImage:
        """The page's image; `page_index` from 0, over all members. Raises: PageUnreadable."""
        document, index = self.locate(page_index)
        try:
            return document.render(index)
        except PageUnreadable as wrong:
            raise PageUnreadable(renumbered(str(wrong), index, page_index)) from wrong

    def told(self, page_index: int, *, mode: "Mode") -> "FinishedPage | tuple[Line, ...]":
        """What the page tells without being read. Raises: PageUnreadable."""
        document, index = self.locate(page_index)
        try:
            return document.told(index, mode=mode)
        except PageUnreadable as wrong:
            raise PageUnreadable(renumbered(str(wrong), index, page_index)) from wrong

    def locate(self, page_index: int) -> tuple[Document, int]:
        """The document that the page is of, open, and the page's index in it.

        Raises: PageUnreadable for a member that cannot be opened; DocumentLocked for one that could
        be when it was counted, with the password that came then."""
        at = bisect_right(self._ends, page_index)
        place, pages, error = self._members[at]
        if error is not None:
            raise PageUnreadable(error)
        try:
            return self._opened_member(place), page_index - (self._ends[at] - pages)
        except DocumentRejected as wrong:
            if isinstance(wrong, DocumentLocked) or self._infos[place].flag_bits & ENCRYPTED:
                self._must_open_as_counted(place)
            raise PageUnreadable(str(wrong)) from wrong

    def close(self) -> None:
        """Lets go of the files."""
        self._let_go()
        self._aes.close()
        self._zip.close()

    def _must_open_as_counted(self, place: int) -> None:
        try:
            self.count(place)
        except DocumentLocked:
            raise
        except DocumentRejected as wrong:  # one wrong password in 256 makes garbage of a member
            raise DocumentLocked(str(wrong)) from wrong

    def _opened_member(self, place: int) -> Document:
        if self._document is None or self._open_member != place:
            self._let_go()
            self._open_member = place
            self._file = self._taken_out(place)
            self._document = open_document(
                Path(self._file.name), dpi=self._dpi, password=self._password
            )
        return self._document

    def _let_go(self) -> None:
        document, file = self._document, self._file
        self._document = self._file = self._open_member = None
        if document is not None:
            document.close()
        if file is not None:
            file.close()  # and removes it

    def _taken_out(self, place: int) -> IO[bytes]:
        """The member as a file, which goes when it is closed."""

        def take(member: IO[bytes]) -> IO[bytes]:
            self._folder.mkdir(exist_ok=True)
            out = tempfile.NamedTemporaryFile(dir=self._folder, prefix="member-")  # noqa: SIM115
            try:
                while piece := member.read(_PIECE):
                    out.write(piece)
                out.flush()
            except BaseException:
                out.close()
                raise
            return out

        return self._read(place, take)

    def _read[T](self, place: int, read: Callable[[IO[bytes]], T]) -> T:
        """Raises: DocumentRejected, TempFolderUnusable."""
        info = self._infos[place]
        check_size(info)
        is_aes = info.compress_type == zip_aes.METHOD
        encrypted = is_aes or bool(info.flag_bits & ENCRYPTED)
        if is_aes:
            self._aes.must_be_known()
        for password in spellings(self._password) if encrypted else (None,):
            try:
                if is_aes and password is not None:
                    opened = self._aes.open(place, password=password)
                else:
                    opened = self._zip.open(info, pwd=password)
                with opened as member:
                    return read(member)
            except NotImplementedError as unknown:
                raise DocumentRejected(why_unsupported(info)) from unknown
            except OSError as wrong:
                if wrong.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
                    raise TempFolderUnusable(
                        f"a member of a ZIP cannot be laid in the temporary folder "
                        f"({wrong.strerror}); make room there, or set TEMP_DIR to another folder"
                    ) from wrong
                raise DocumentRejected(DAMAGED) from wrong
            except self._damage() as wrong:
                # By ZIP 2.0, one wrong password in 256 opens a member, and makes garbage of it.
                if is_aes or not encrypted:
                    raise DocumentRejected(DAMAGED) from wrong
            except RuntimeError:
                if not encrypted:
                    raise
        raise DocumentLocked(_WRONG_KEY if self._password else _LOCKED)

    def _damage(self) -> tuple[type[Exception], ...]:
        """What is raised over a damaged member."""
        from lzma import LZMAError  # noqa: PLC0415 - only a few ZIPs need it

        return (*DAMAGE, LZMAError, *self._aes.damage)


DAMAGED: Final = "it is damaged inside of the ZIP; make the ZIP again, from a complete file"
_LOCKED: Final = (
    "it is encrypted inside of the ZIP and needs a password; submit the ZIP again with the "
    "password, or make it without"
)
_WRONG_KEY: Final = (
    "it is encrypted inside of the ZIP, and the password that came with the ZIP is not its "
    "password; check its spelling and submit it again"
)


def is_zip(path: Path) -> bool:
    """Whether the file is a ZIP, by its first bytes. Raises: DocumentRejected for what is known to
    be no document."""
    with path.open("rb") as file:
        return kind_of(file.read(HEAD_BYTES)) == "zip"


def renumbered(error: str, index: int, page_index: int) -> str:
    """A reason that names a page of its document, with the number that it has in the job."""
    own = f"page {index + 1} "
    return f"page {page_index + 1} {error[len(own) :]}" if error.startswith(own) else error
