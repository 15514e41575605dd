"""The document itself. To be replaced by the maker that puts the text into it."""

import shutil
from pathlib import Path

from contracts.errors import FormatUnavailable
from exports.exporting import Material


def write_pdf(material: Material, out: Path) -> None:
    """Raises: FormatUnavailable for what is no PDF, or is no longer kept."""
    if material.document is None or b"%PDF" not in material.document.read_bytes()[:1024]:
        raise FormatUnavailable("the document is no PDF, and cannot be given as one yet")
    shutil.copyfile(material.document, out)
