"""A ZIP as an archive: opened and looked at before anything is taken out of it."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contracts.errors import DocumentRejected
from ingest.office_files import office_file

GIB: Final = 2**30
_MOST_BYTES_OF_MEMBER: Final = 2 * GIB
# Deflate cannot pack tighter than 1032 to 1 (RFC 1951); what does so packs nothing but zeros.
_MOST_RATIO: Final = 1100
_SMALL: Final = 64 * 2**20
ENCRYPTED: Final = 0x1

# What zipfile and the decompressors below it raise over members that are damaged.
DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, IndexError,
)  # fmt: skip


def opened_archive(path: Path) -> tuple[list[zipfile.ZipInfo], zipfile.ZipFile]:
    """Its entries, and the archive to be closed. Raises: DocumentRejected."""
    try:
        archive = zipfile.ZipFile(path)
    except (*DAMAGE, NotImplementedError, OSError) as wrong:
        raise DocumentRejected(
            "the ZIP is damaged or cut off and cannot be opened; get a complete copy of it"
        ) from wrong
    infos = archive.infolist()
    reason = office_file(archive)
    if reason is None and sum(info.compress_size for info in infos) > path.stat().st_size:
        reason = (
            "the ZIP says more of itself than is in it (its members overlap): it is damaged or "
            "made to do harm; make it again"
        )
    if reason is not None:
        archive.close()
        raise DocumentRejected(reason)
    return infos, archive


def check_size(info: zipfile.ZipInfo) -> None:
    """Raises: DocumentRejected for a member that is, or says it is, too large."""
    if info.file_size > _MOST_BYTES_OF_MEMBER:
        raise DocumentRejected(
            f"it has {info.file_size / GIB:.1f} GB, over the limit of "
            f"{_MOST_BYTES_OF_MEMBER // GIB} GB for a member of a ZIP; submit it by itself"
        )
    if info.file_size > max(_SMALL, _MOST_RATIO * info.compress_size):
        raise DocumentRejected(
            "it is packed tighter than a document can be, as files are that are made to do harm; "
            "submit it by itself if it is one"
        )


def why_unsupported(info: zipfile.ZipInfo) -> str:
    """Why a member cannot be unpacked, and what to do."""
    if info.flag_bits & ENCRYPTED:
        return (
            "it is encrypted inside of the ZIP in a way that cannot be opened here; unpack the ZIP "
            "and make it again without encryption, or with ZIP 2.0 encryption"
        )
    return (
        f"it is compressed inside of the ZIP in a way that is not known (method "
        f"{info.compress_type}); make the ZIP again with the usual one (deflate)"
    )


def spellings(password: str | None) -> Iterator[bytes]:
    """A ZIP does not say in which letters its password is."""
    if password:
        told = [password.encode()]
        for encoding in ("cp437", "latin-1"):
            raw = password.encode(encoding, "replace")
            if raw not in told:
                told.append(raw)
        yield from told
