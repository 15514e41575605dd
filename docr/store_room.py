"""How much the broker of `docr run` may keep, and what a user changes to have it keep more."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from contracts.errors import DocumentRejected, StoreFull
from contracts.topology import UPLOADS, TopologySettings, topology
from docr.settings import Settings

_GB: Final = 2**30
_MB: Final = 1_000_000
# Of the disk's free space, for an embedded broker that may not fill the disk.
_DISK_SHARE: Final = 0.8
# Less has no room for a page, its result, and the document of which it is one.
_LEAST_BYTES: Final = 16 * 2**20
# Chunks of a document are stored with a subject and a checksum each.
_OVERHEAD: Final = 1.01


@dataclass(frozen=True, kw_only=True)
class StoreRoom:
    """`bytes`: for all streams and buckets; `remedy`: what to do about too little of it."""

    bytes: int
    remedy: str

    @classmethod
    def on_disk(cls, settings: Settings, folder: Path) -> Self:
        """What STORE_GB and the disk under `folder` allow. Raises: StoreFull."""
        wanted = int(settings.store_gb * _GB)
        fitting = int(shutil.disk_usage(folder).free * _DISK_SHARE)
        remedy = f"free some space in {folder.parent}, or set TMPDIR to a folder that has more"
        if fitting < _LEAST_BYTES:
            least_mb = _LEAST_BYTES / _DISK_SHARE / _MB
            raise StoreFull(
                f"{folder.parent} has {fitting / _DISK_SHARE / _MB:.0f} MB free, and the broker "
                f"needs {least_mb:.0f}; {remedy}"
            )
        if wanted <= fitting:
            remedy = f"raise STORE_GB, which is {settings.store_gb:g}"
        return cls(bytes=min(wanted, fitting), remedy=remedy)

    def check(self, size: int) -> None:
        """Raises: DocumentRejected for a document, of `size` bytes, that never fits."""
        room = self._for_documents()
        if size * _OVERHEAD > room:
            raise DocumentRejected(
                f"it has {size / _MB:.1f} MB, and the broker's store has room for documents of "
                f"{room / _OVERHEAD / _MB:.1f} MB; {self.remedy}"
            )

    def _for_documents(self) -> int:
        buckets = topology(TopologySettings(store_bytes=self.bytes)).buckets
        return next(bucket.max_bytes for bucket in buckets if bucket.name == UPLOADS)
