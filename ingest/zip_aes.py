"""Members of a ZIP that are encrypted with AES (WinZip's AE-1 and AE-2), where the extra `zip-aes`
is installed. Runs in a guarded child."""

import importlib
import struct
from pathlib import Path
from types import ModuleType
from typing import IO, Any, Final

from contracts.errors import DocumentRejected

METHOD: Final = 99  # under which WinZip hides the real one
_MISSING: Final = (
    "it is encrypted inside of the ZIP with AES, which this ingest cannot open yet; ask the "
    "operator to add it (pip install distributed-ocr[zip-aes]), or make the ZIP again without "
    "encryption, or with ZIP 2.0 encryption"
)


class AesMembers:
    """Of the ZIP `path`, which is opened once more when the first of them is asked for. `damage`:
    what the library raises over one that is damaged, beside what zipfile does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: Any = None
        self.damage: tuple[type[Exception], ...] = ()

    def open(self, place: int, *, password: bytes) -> IO[bytes]:
        """The member at that place in the ZIP, to be read and closed; its password is checked.

        Raises: DocumentRejected without the extra; NotImplementedError for a compression that is
        not known; RuntimeError if the password is not its own; `damage`.
        """
        library = self.must_be_known()
        if self._archive is None:
            self.damage = (library.BadZipFile, struct.error, KeyError)
            self._archive = library.AESZipFile(self._path)
        member: IO[bytes] = self._archive.open(self._archive.infolist()[place], pwd=password)
        return member

    def must_be_known(self) -> ModuleType:
        """What opens them. Raises: DocumentRejected without the extra."""
        try:
            return importlib.import_module("pyzipper")
        except ImportError as missing:
            raise DocumentRejected(_MISSING) from missing

    def close(self) -> None:
        """Lets go of the file."""
        if self._archive is not None:
            self._archive.close()
